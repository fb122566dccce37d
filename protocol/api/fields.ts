import { type Static, type TSchema, Type } from 'typebox'

/** Fields that many schemas share. Each call makes a fresh schema, so a description belongs to one place. */

export function nullable<T extends TSchema>(schema: T) {
  return Type.Union([schema, Type.Null()])
}

function described(description: string | undefined) {
  return description === undefined ? {} : { description }
}

export const CREDITS_PATTERN = '^(0|[1-9][0-9]{0,12})([.][0-9]{1,6})?$'

/** An amount in credits with at most six decimals: never a number, since floats round. */
export function credits(description?: string) {
  return Type.String({
    pattern: CREDITS_PATTERN,
    examples: ['12.5'],
    ...described(description),
  })
}

export const PEER_ID_PATTERN = '^12D3Koo[1-9A-HJ-NP-Za-km-z]{45}$'

export function digest(description?: string) {
  return Type.String({ pattern: '^[0-9a-f]{64}$', ...described(description) })
}

export function peerId(description?: string) {
  return Type.String({ pattern: PEER_ID_PATTERN, ...described(description) })
}

/** RFC 3339, UTC, with milliseconds. */
export function time(description?: string) {
  return Type.String({ format: 'date-time', ...described(description) })
}

export function count(description?: string) {
  return Type.Integer({ minimum: 0, ...described(description) })
}

/** A share of one. */
export function share(description?: string) {
  return Type.Number({ minimum: 0, maximum: 1, ...described(description) })
}

/** Most items of one page: hundred jobs with their previews stay below 100 KiB. */
const PAGE_MAX = 100
export const PAGE_DEFAULT = 20
/** A cursor is opaque; the longest is a time and an id. */
const CURSOR_CHARACTERS_MAX = 128

export const pageQuery = {
  limit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: PAGE_MAX,
      default: PAGE_DEFAULT,
      description: 'Most items to return',
    }),
  ),
  cursor: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: CURSOR_CHARACTERS_MAX,
      description: 'Where to go on: next_cursor of the page before',
    }),
  ),
}

export function pageOf<T extends TSchema>(item: T) {
  return Type.Object({
    items: Type.Array(item),
    next_cursor: nullable(Type.String({ description: 'For the next page; null on the last' })),
  })
}

export const problemSchema = Type.Object(
  {
    type: Type.String({ description: 'The code as a URI' }),
    title: Type.String(),
    status: Type.Integer(),
    code: Type.String({ description: 'Stable; decide on this and on nothing else' }),
    detail: Type.String({ description: 'What was wrong with this request, in words' }),
    request_id: Type.String({ description: "Names the request in the server's log" }),
  },
  { description: 'application/problem+json (RFC 9457)' },
)
export type Problem = Static<typeof problemSchema>
