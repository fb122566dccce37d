import { type TSchema, Type } from 'typebox'
import type { ErrorCode } from '../errors.ts'
import { pageQuery } from './fields.ts'

/** What goes in and what comes out of one route; everything else about it derives from this. */
export interface Endpoint {
  readonly summary: string
  readonly tag: 'jobs' | 'network' | 'credits' | 'p2p' | 'swarm' | 'health' | 'control'
  readonly params: TSchema | null
  readonly query: TSchema | null
  /** Headers that the route gives a meaning to; others pass. */
  readonly headers: TSchema | null
  readonly body: TSchema | null
  /** Largest body in bytes; null takes the server's own maximum. */
  readonly bodyBytesMax: number | null
  /** Whether `application/cbor` is taken as well: a bare signed envelope. */
  readonly takesCbor: boolean
  readonly status: 200 | 202
  readonly response: TSchema
  /** What it answers with instead when it was only asked, with status 200; null where there is no such way to ask. */
  readonly asked: TSchema | null
  /** What an address that names nothing answers with; null for a route without params. */
  readonly notFound: ErrorCode | null
  /** Beyond those that any route may answer with. */
  readonly errors: readonly ErrorCode[]
}

export const CLOSED = { additionalProperties: false } as const
export const NOTHING = {
  params: null,
  query: null,
  headers: null,
  body: null,
  bodyBytesMax: null,
  takesCbor: false,
  status: 200,
  asked: null,
  notFound: null,
  errors: [],
} as const

export const page = Type.Object(pageQuery, CLOSED)

/** What any list may object to in its query. */
export const LIST_ERRORS = ['out_of_range', 'unknown_field', 'wrong_type', 'cursor_invalid'] as const

/** What any route with a body may object to in it. */
export const BODY_ERRORS = [
  'malformed_json',
  'body_missing',
  'body_too_large',
  'media_type_unsupported',
  'missing_field',
  'unknown_field',
  'wrong_type',
  'out_of_range',
  'text_not_well_formed',
] as const
