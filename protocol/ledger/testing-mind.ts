import type { Decision } from '../agreement/messages.ts'
import { decisionCodec, valueDigestOf } from '../agreement/messages.ts'
import { createNobleSigner } from '../crypto/noble-signer.ts'
import type { Signer } from '../crypto/signer.ts'
import { encodeBody } from '../encoding/body.ts'
import { digestFromBytes, digestToBytes, type JobId, type PeerId, parseJobInstance } from '../ids.ts'
import type { Outbox } from '../peer/outbox.ts'
import { HOT_PREFIXES, keys } from '../records/keys.ts'
import type { Charter } from '../swarm/charter.ts'
import { createRoster } from '../swarm/live-roster.ts'
import { createWitnessDuty } from '../swarm/witness-duty.ts'
import { type Heads, jobLeaf } from '../sync/leaves.ts'
import { createStateDigest, type StateDigest } from '../sync/state-digest.ts'
import { Closing } from '../sync/closing/closing.ts'
import { ownStateOf } from '../sync/closing/own-state.ts'
import { createSync, type Sync } from '../sync/sync.ts'
import type { JobSpec } from '../jobs/spec.ts'
import type { ApplyResult, LedgerListener } from './ledger.ts'
import { createLedger, type Ledger } from './ledger-state.ts'

export interface TestMind {
  readonly ledger: Ledger
  readonly sync: Sync
  readonly digest: StateDigest
}

export function testSigner(number: number): Signer {
  const seed = new Uint8Array(32)
  new DataView(seed.buffer).setUint32(0, number + 1)
  return createNobleSigner(seed)
}

/** The first `witnesses` signers witness, all of them are founders, the first one mints. */
export function testCharter(signers: readonly Signer[], witnesses: number): Charter {
  const [first] = signers
  if (first === undefined) throw new RangeError('a swarm needs a peer')
  return {
    name: 'test',
    random: new Uint8Array(32),
    operators: { keys: [first.id], needed: 1 },
    founders: signers.map(({ id }) => ({ peer: id, roles: ['peer' as const], operator: id.slice(-8) })),
    witnesses: signers
      .slice(0, witnesses)
      .map(({ id }) => id)
      .sort(),
    minters: [first.id],
    treasury: first.id,
    admission: 'invite',
    guests: false,
    diversity: 'operator',
    params: { priorTrust: 500_000, minConfidence: 0, fee: 10n, maxPrice: 1_000_000n, trustBidders: 1 },
    rules: digestFromBytes(new Uint8Array(32)),
  }
}

/** A job of one replica for 1,000 units that the charter's witnesses accept. */
export function testSpec(charter: Charter, steward: PeerId): JobSpec {
  const digest = charter.rules
  return {
    nonce: 0,
    steward,
    prompt: { digest, size: 1 },
    model: null,
    sampling: { temperatureMilli: 0, seed: 0, maxTokens: 1 },
    comparator: 'auto',
    rules: digest,
    replicas: 1,
    standbys: 0,
    attempts: 1,
    maxSlots: 1,
    maxPrice: 1_000n,
    minConfidence: 0,
    fee: charter.params.fee,
    treasury: charter.treasury,
    trust: 0,
    coin: digest,
    diversity: 'peer',
    visibility: 'private',
    region: null,
    mode: 'process',
    assignMs: 1_000,
    commitMs: 1_000,
    revealMs: 500,
    voidMs: 5_000,
    leaseMs: 500,
    graceMs: 100,
    retryOf: null,
  }
}

/** A ledger with sync and, for jobs, no more than full refunds by `void` decisions. */
export function startMind(
  { signer, store }: { readonly signer: Signer; readonly store: ReadonlyMap<string, Uint8Array> },
  charter: Charter,
  listener: Partial<LedgerListener>,
): TestMind {
  const roster = createRoster(charter)
  const digest = createStateDigest()
  const steps = new Map<JobId, number>()
  const heads: Heads = {
    nextSeq: (account) => ledger.nextSeq(account),
    jobStep: (job) => steps.get(job),
    resolved: (account, number) => ledger.resolved(account, number),
    trust: () => 0,
    placeKeys: (account, seq) => ledger.placeKeys(account, seq),
  }
  const closing = new Closing({
    digest,
    own: ownStateOf({ digest, contentOf: () => undefined, genesisOf: () => charter.rules }),
  })
  const sync: Sync = createSync({
    signer,
    roster,
    digest,
    heads,
    closing,
    applyCertificate: (out, certificate) => ledger.applyCertificate(out, certificate),
    applyDecision: (out, decision) => applyVoid({ ledger, steps, digest }, out, decision),
    admits: () => true,
    pulled: noop,
  })
  const ledger = createLedger({
    signer,
    roster,
    duty: createWitnessDuty(signer.id, roster),
    digest,
    listener: {
      opened: noop,
      ownSigned: noop,
      ownRefused: noop,
      ownSettled: noop,
      stirResolution: noop,
      placeSettled: noop,
      gaveUp: noop,
      ...listener,
    },
    apply: sync.facts.apply,
    serve: sync.serve,
    announce: sync.announce.entry,
    jobStep: heads.jobStep,
    isSettling: () => false,
    serveEpochs: noop,
  })
  for (const [key, value] of store) {
    if (!HOT_PREFIXES.some((prefix) => key.startsWith(prefix))) continue
    if (roster.restore({ key, value }) || ledger.restore({ key, value })) continue
    const job = key.split('/')[1] as JobId
    steps.set(job, 0)
    digest.set(job, jobLeaf(0, digestFromBytes(value)))
  }
  return { ledger, sync, digest }
}

const noop = () => undefined

function applyVoid(
  { ledger, steps, digest }: { ledger: Ledger; steps: Map<JobId, number>; digest: StateDigest },
  out: Outbox,
  decision: Decision,
): ApplyResult {
  const job = parseJobInstance(decision.instance)?.job
  if (job === undefined || decision.value.type !== 'void') return { status: 'contradiction' }
  if (steps.has(job)) return { status: 'known' }
  const opened = ledger.opened(job)
  if (opened === undefined) return { status: 'missing', ids: [job] }
  const value = valueDigestOf(decision.value)
  steps.set(job, 0)
  digest.set(job, jobLeaf(0, value))
  out.write(keys.decision(job, 0), encodeBody(decisionCodec, decision))
  out.write(keys.jobHead(job), digestToBytes(value))
  return ledger.creditJob(out, job, [{ index: 0, to: opened.account, amount: opened.escrow }])
}
