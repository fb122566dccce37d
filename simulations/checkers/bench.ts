import {
  COMMIT_BALLOT,
  type Decision,
  decisionCodec,
  valueDigestOf,
} from '../../protocol/agreement/messages.ts'
import type { Signer } from '../../protocol/crypto/signer.ts'
import { encodeBody } from '../../protocol/encoding/body.ts'
import { signedFrame } from '../../protocol/encoding/envelope.ts'
import type { KindName } from '../../protocol/encoding/kinds.ts'
import { quorumOf } from '../../protocol/encoding/quorum.ts'
import { sign, type SignedKind } from '../../protocol/encoding/signed.ts'
import {
  blobRefOf,
  type Digest,
  type InstanceId,
  jobInstance,
  type JobId,
  type PeerId,
  resolveInstance,
} from '../../protocol/ids.ts'
import type { Value } from '../../protocol/agreement/value.ts'
import type { JobSpec } from '../../protocol/jobs/spec.ts'
import type { JobValue } from '../../protocol/jobs/value.ts'
import { certificateCodec } from '../../protocol/ledger/certificate.ts'
import {
  ENTRY,
  type Entry,
  entryIdOf,
  genesisOf,
  jobIdOf,
  type SignedEntry,
  VOTE,
} from '../../protocol/ledger/entry.ts'
import { keys } from '../../protocol/records/keys.ts'
import type { Observation } from '../observation.ts'
import { createCrypto } from '../crypto.ts'
import { createRandom } from '../random.ts'
import type { Checker, CreateChecker, Facts } from './checker.ts'
import type { Records } from './records.ts'
import { createEvidenceReader } from './evidence.ts'
import { createFactReader } from './stored-facts.ts'

/** What checkers are tested with: four witnesses whose keys are at hand, so that they can be made to lie. */
const crypto = createCrypto('keyed-hash')
const signerOf = (name: string) => crypto.signer(createRandom(name))
const [a, b, c, d] = [signerOf('a'), signerOf('b'), signerOf('c'), signerOf('d')] as const
const sorted = [a, b, c, d].sort((x, y) => (x.id < y.id ? -1 : 1))

export const digestOf = (text: string): Digest => blobRefOf(new TextEncoder().encode(text)).digest
export const swarm = digestOf('swarm')
export const minter = a
export const runner = b
/** The one whose runs lie. */
export const liar = d
/** The one whose store is lost. */
export const lostOne = c
export const witnesses: readonly Signer[] = sorted

export const founding = {
  number: 0,
  witnesses: sorted.map(({ id }) => id),
  operators: { keys: [minter.id], needed: 1 },
  minters: [minter.id],
}

function noMind(): never {
  throw new Error('there is no swarm around this bench')
}

/** Runs `act` on a fresh checker and returns what it reported. */
export function reports(
  create: CreateChecker,
  act: (checker: Checker) => void,
  durable: Records = new Map(),
  freshMind: Facts['freshMind'] = noMind,
  changes: Partial<Facts> = {},
): readonly string[] {
  const found: string[] = []
  const facts: Facts = {
    swarm,
    epochOf: (number) => (number === 0 ? founding : undefined),
    newestEpoch: () => founding,
    isForged: () => false,
    correct: new Set(sorted.map(({ id }) => id)),
    hasLost: (peer) => peer === lostOne.id,
    honest: new Set([a.id, b.id, c.id]),
    verify: crypto.verify,
    freshMind,
    read: createFactReader(),
    durable: () => durable,
    ...changes,
  }
  act(create(facts, (detail) => found.push(detail)))
  return found
}

export function show(checker: Checker, frames: readonly Uint8Array[]): void {
  const reader = createEvidenceReader()
  for (const frame of frames) {
    const evidence = reader.frame(frame)
    if (evidence !== undefined) checker.evidence?.(minter.id, evidence)
  }
}

export function showRecords(checker: Checker, records: readonly StoredFact[]): void {
  const reader = createEvidenceReader()
  for (const [key, value] of records) {
    const evidence = reader.record(key, value)
    if (evidence !== undefined) checker.evidence?.(minter.id, evidence)
  }
}

export function frameOf<T>(kind: SignedKind<T>, name: KindName, signer: Signer, body: T): Uint8Array {
  return signedFrame(swarm, name, sign(signer, swarm, kind, body))
}

/** Examines one disk, its peer being down. */
export function examine(checker: Checker, records: readonly StoredFact[]): void {
  checker.examine?.([{ peer: minter.id, records: new Map(records), view: undefined }])
}

export function persisted(key: string, value: Uint8Array | null): Observation {
  return {
    type: 'effect',
    peer: minter.id,
    effect: { type: 'persist', position: 1, writes: [{ key, value }] },
  }
}

export type StoredFact = readonly [string, Uint8Array]

/** A whole entry from what matters to a test; by default the first of its chain. */
export function entryOf(signer: Signer, entry: Partial<Omit<Entry, 'account'>>): SignedEntry {
  const account = signer.id
  const base = { account, seq: 0, prev: genesisOf(swarm, account), claims: [], ops: [], free: 0n }
  return sign(signer, swarm, ENTRY, { ...base, ...entry })
}

export function certified(entry: SignedEntry, voters: readonly Signer[] = sorted.slice(0, 3)): StoredFact {
  const { account, seq } = entry.body
  const vote = { epoch: 0, account, seq, entry: entryIdOf(entry) }
  const sigs = new Map(voters.map((voter) => [sorted.indexOf(voter), sign(voter, swarm, VOTE, vote).sig]))
  const quorum = quorumOf(0, sorted.length, sigs)
  return [keys.certificate(account, seq), encodeBody(certificateCodec, { entry, quorum })]
}

export function decided(job: JobId, step: number, value: JobValue): StoredFact {
  return [keys.decision(job, step), decisionOf(jobInstance(job, step), value)]
}

function decisionOf(instance: InstanceId, value: Value): Uint8Array {
  const ballot = { instance, epoch: 0, round: 0, value: valueDigestOf(value) }
  const voters = sorted.slice(0, 3)
  const sigs = new Map(voters.map((voter, at) => [at, sign(voter, swarm, COMMIT_BALLOT, ballot).sig]))
  const decision: Decision = { instance, round: 0, value, quorum: quorumOf(0, sorted.length, sigs) }
  return encodeBody(decisionCodec, decision)
}

/** The resolution of a fork at the first place of the minter's chain. */
export function resolutionOf(entries: readonly SignedEntry[]): Extract<Value, { type: 'resolve' }> {
  const account = minter.id
  const ascending = entries.toSorted((one, other) => (entryIdOf(one) < entryIdOf(other) ? -1 : 1))
  return { type: 'resolve', account, seq: 0, head: genesisOf(swarm, account), entries: ascending }
}

export function settledBy(entries: readonly SignedEntry[]): StoredFact {
  const value = decisionOf(resolveInstance(minter.id, 0), resolutionOf(entries))
  return [keys.resolution(minter.id, 0), value]
}

function specOf(payer: PeerId): JobSpec {
  return {
    nonce: 0,
    steward: payer,
    prompt: { digest: digestOf('prompt'), size: 6 },
    model: null,
    sampling: { temperatureMilli: 0, seed: 0, maxTokens: 1 },
    comparator: 'auto',
    rules: digestOf('rules'),
    replicas: 1,
    standbys: 0,
    attempts: 1,
    maxSlots: 2,
    maxPrice: 10n,
    minConfidence: 0,
    fee: 0n,
    treasury: payer,
    trust: 0,
    coin: digestOf('coin'),
    diversity: 'peer',
    visibility: 'private',
    region: null,
    mode: 'process',
    assignMs: 10_000,
    commitMs: 120_000,
    revealMs: 5_000,
    voidMs: 760_000,
    leaseMs: 500,
    graceMs: 100,
    retryOf: null,
  }
}

/** A minter that mints 100 to itself, claims them and opens a job with an escrow of 20. */
export const GRANT = 50_000n
export const minted = entryOf(minter, { ops: [{ type: 'mint', to: minter.id, amount: GRANT, memo: '' }] })
export const opening = entryOf(minter, {
  seq: 1,
  prev: entryIdOf(minted),
  claims: [{ source: entryIdOf(minted), index: 0 }],
  ops: [{ type: 'open', spec: specOf(minter.id), escrow: 20n }],
  free: GRANT - 20n,
})
export const openedJob = jobIdOf(minter.id, 0)
