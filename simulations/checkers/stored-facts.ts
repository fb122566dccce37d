import { hash } from 'node:crypto'
import { type Decision, decisionCodec } from '../../protocol/agreement/messages.ts'
import { type Value, valueCodec } from '../../protocol/agreement/value.ts'
import { decodeBody, encodeBody } from '../../protocol/encoding/body.ts'
import { encodeCanonical } from '../../protocol/encoding/cbor.ts'
import { TRUSTED } from '../../protocol/encoding/evidence.ts'
import { type Certificate, certificateCodec } from '../../protocol/ledger/certificate.ts'
import type { SignedEntry } from '../../protocol/ledger/entry.ts'
import { PREFIXES } from '../../protocol/records/keys.ts'
import type { Records } from './records.ts'

export interface StoredEntry {
  readonly id: string
  readonly entry: SignedEntry
}

export interface StoredCertificate extends StoredEntry, Certificate {}

export interface StoredDecision extends Decision {
  readonly job: string
  readonly step: number
}

/** How a fork was settled: one entry is certified by it, several are merged behind its own id. */
export interface StoredResolution {
  readonly id: string
  /** Whose witnesses decided it. */
  readonly epoch: number
  readonly seq: number
  readonly head: string
  readonly entries: readonly StoredEntry[]
}

/** The facts on one disk: chains by account in order of `seq`, and decisions by job in order of step. */
export interface StoredFacts {
  readonly resolutions: ReadonlyMap<string, readonly StoredResolution[]>
  readonly chains: ReadonlyMap<string, readonly StoredCertificate[]>
  readonly jobs: ReadonlyMap<string, readonly StoredDecision[]>
}

/** Reads disks; the same facts are on every disk, so each is decoded once. */
export function createFactReader(): (records: Records) => StoredFacts {
  const certificateOf = remembering(readCertificate)
  const decisionOf = remembering(readDecision)
  return (records) => {
    const chains = new Map<string, StoredCertificate[]>()
    const jobs = new Map<string, StoredDecision[]>()
    const resolutions = new Map<string, StoredResolution[]>()
    for (const [key, value] of [...records].filter(([name]) => isFact(name)).sort(byKey)) {
      if (key.startsWith(PREFIXES.certificate)) {
        const certificate = certificateOf(value)
        append(chains, certificate.entry.body.account, certificate)
      } else if (!key.startsWith(PREFIXES.trust)) {
        const decision = decisionOf(value)
        if (decision.value.type === 'resolve')
          append(resolutions, decision.value.account, resolutionOf(decision.value, decision.quorum.epoch))
        else append(jobs, decision.job, decision)
      }
    }
    return { chains, jobs, resolutions }
  }
}

export function isFact(key: string): boolean {
  const prefixes = [PREFIXES.certificate, PREFIXES.decision, PREFIXES.resolution, PREFIXES.trust]
  return prefixes.some((prefix) => key.startsWith(prefix))
}

function resolutionOf(value: Extract<Value, { type: 'resolve' }>, epoch: number): StoredResolution {
  const entries = value.entries.map((entry) => ({ id: entryIdOf(entry.bytes), entry }))
  return {
    id: tagged('value', encodeBody(valueCodec, value)),
    epoch,
    seq: value.seq,
    head: value.head,
    entries,
  }
}

function byKey([left]: readonly [string, unknown], [right]: readonly [string, unknown]): number {
  return left < right ? -1 : 1
}

/** Knows bytes that it was shown before at once, and other peers' copies of them by their digest. */
function remembering<T>(read: (bytes: Uint8Array) => T): (bytes: Uint8Array) => T {
  const byDigest = new Map<string, T>()
  const byIdentity = new WeakMap<Uint8Array, { readonly value: T }>()
  return (bytes) => {
    const known = byIdentity.get(bytes)
    if (known !== undefined) return known.value
    const digest = hash('sha256', bytes, 'base64')
    const value = byDigest.get(digest) ?? read(bytes)
    byDigest.set(digest, value)
    byIdentity.set(bytes, { value })
    return value
  }
}

function append<T>(lists: Map<string, T[]>, name: string, item: T): void {
  const list = lists.get(name)
  if (list === undefined) lists.set(name, [item])
  else list.push(item)
}

function readCertificate(bytes: Uint8Array): StoredCertificate {
  const certificate = decodeBody(certificateCodec, bytes, 'certificate', TRUSTED)
  return { ...certificate, id: entryIdOf(certificate.entry.bytes) }
}

function readDecision(bytes: Uint8Array): StoredDecision {
  const decision = decodeBody(decisionCodec, bytes, 'decision', TRUSTED)
  const [, job = '', step = ''] = decision.instance.split('/')
  return { ...decision, job, step: Number(step) }
}

export function entryIdOf(body: Uint8Array): string {
  return tagged('entry', body)
}

/** H(tag, body) of section 3, written again. */
export function tagged(tag: string, body: Uint8Array): string {
  return hash('sha256', Buffer.concat([Buffer.from(`hyperlooms/1/${tag}\0`), body]))
}

export function jobIdOf(account: string, nonce: number): string {
  return tagged(
    'job',
    encodeCanonical(
      new Map<string, unknown>([
        ['account', account],
        ['nonce', nonce],
      ]),
    ),
  )
}

export function genesisOf(swarm: string, account: string): string {
  const body = new Map<string, unknown>([
    ['swarm', Buffer.from(swarm, 'hex')],
    ['account', account],
  ])
  return tagged('genesis', encodeCanonical(body))
}
