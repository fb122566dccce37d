import { describe, expect, it } from 'vitest'
import { type Decision, decisionCodec, COMMIT_BALLOT, PREPARE, valueDigestOf } from '../../protocol/agreement/messages.ts'
import type { Signer } from '../../protocol/crypto/signer.ts'
import { encodeBody } from '../../protocol/encoding/body.ts'
import { plainFrame, signedFrame } from '../../protocol/encoding/envelope.ts'
import type { SignedKindName } from '../../protocol/peer/outbox.ts'
import { quorumOf as assembled } from '../../protocol/encoding/quorum.ts'
import { type Signed, type SignedKind, sign } from '../../protocol/encoding/signed.ts'
import { blobRefOf, type JobId, jobInstance, type SwarmId } from '../../protocol/ids.ts'
import { COMMIT, commitmentOf, REVEAL, SEAL, sealDigestOf } from '../../protocol/jobs/messages.ts'
import type { JobValue } from '../../protocol/jobs/value.ts'
import { certificateCodec } from '../../protocol/ledger/certificate.ts'
import { type Entry, ENTRY, entryIdOf, genesisOf, type SignedEntry, VOTE } from '../../protocol/ledger/entry.ts'
import type { PeerView, Supply } from '../../protocol/peer/view.ts'
import { keys } from '../../protocol/records/keys.ts'
import { createCrypto } from '../crypto.ts'
import { createRandom } from '../random.ts'
import type { Checker, CreateChecker, Examined, Facts, Records } from './checker.ts'
import { faultyMax, quorumOf } from './checker.ts'
import { createConvergenceChecker } from './convergence.ts'
import { createDecidedRunChecker } from './decided-run.ts'
import { createEvidenceReader } from './evidence.ts'
import { createLedgerReplayChecker } from './ledger-replay.ts'
import { createPaymentsChecker } from './payments.ts'
import { createPermanenceChecker } from './permanence.ts'
import { createSealedRevealChecker } from './sealed-reveal.ts'
import { createSingleFactChecker } from './single-fact.ts'
import { createSingleSignatureChecker } from './single-signature.ts'
import { createSupplyChecker } from './supply.ts'

const crypto = createCrypto('keyed-hash')
const digestOf = (text: string) => blobRefOf(new TextEncoder().encode(text)).digest
const swarm: SwarmId = digestOf('swarm')
const job: JobId = digestOf('job')
const signers = ['a', 'b', 'c', 'd'].map((name) => crypto.signer(createRandom(name))).sort((x, y) => (x.id < y.id ? -1 : 1))
const [one, two] = signers
if (one === undefined || two === undefined) throw new Error('four signers')

let durable: Records = new Map()
const facts: Facts = {
  swarm,
  witnesses: signers.map(({ id }) => id),
  minters: [one.id],
  correct: new Set(signers.map(({ id }) => id)),
  verify: crypto.verify,
  durable: () => durable,
}

/** Runs `act` on a fresh checker and returns what it reported. */
function reports(create: CreateChecker, act: (checker: Checker) => void): readonly string[] {
  const found: string[] = []
  act(create(facts, (detail) => found.push(detail)))
  return found
}

function show(checker: Checker, ...frames: readonly Uint8Array[]): void {
  const reader = createEvidenceReader()
  for (const frame of frames) {
    const evidence = reader.frame(frame)
    if (evidence !== undefined) checker.evidence?.(one?.id ?? '' as never, evidence)
  }
}

function frameOf<T>(kind: SignedKind<T> & { readonly kind: SignedKindName }, signer: Signer, body: T): Uint8Array {
  return signedFrame(swarm, kind.kind, sign(signer, swarm, kind, body))
}
