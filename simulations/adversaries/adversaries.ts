import type { Peer } from '../../protocol/peer/options.ts'
import { type CreateAdversary, type Means, misled } from './adversary.ts'
import { createAccomplice } from './accomplice.ts'
import { createBadEntries } from './bad-entries.ts'
import { createCertificateHider } from './certificate-hider.ts'
import { createCertificateKeeper } from './certificate-keeper.ts'
import { createCancelForger } from './cancel-forger.ts'
import { createCopier } from './copier.ts'
import { createDecisionKeeper } from './decision-keeper.ts'
import { createDoubleClaimer } from './double-claimer.ts'
import { createDoubleCommitter } from './double-committer.ts'
import { createDoubleVoter } from './double-voter.ts'
import { createEarlySealer, createHeldLiar, createLeakingWitness } from './bad-sealers.ts'
import { createFalseLeaser } from './false-leaser.ts'
import {
  createEpochWithholder,
  createNoShow,
  createWithholder,
  createWithholdingSealer,
} from './withholder.ts'
import { createForger } from './forger.ts'
import { createForkingOwner } from './forking-owner.ts'
import { createForkingProposer } from './forking-proposer.ts'
import { createHandoverLiar } from './handover-liar.ts'
import { createKeyThief } from './key-thief.ts'
import { createLapsedOfficial } from './lapsed-official.ts'
import { createLockLiar } from './lock-liar.ts'
import { createPromiseLiar } from './promise-liar.ts'
import { createReplayer } from './replayer.ts'
import { createRoundRacer } from './round-racer.ts'
import { createSealSwapper } from './seal-swapper.ts'

/** What witnesses may do wrong; at most f of them do anything of it. */
export const WITNESS_ADVERSARIES = [
  'double-voter',
  'withholder',
  'replayer',
  'lock-liar',
  'promise-liar',
  'forking-proposer',
  'round-racer',
  'seal-swapper',
] as const

/** What any member may do wrong, in any number of them. */
export const MEMBER_ADVERSARIES = [
  'forking-owner',
  'double-claimer',
  'bad-entries',
  'forger',
  'replayer',
  'forking-proposer',
] as const

/** What witnesses may do wrong with jobs. */
export const JOB_WITNESS_ADVERSARIES = [
  'copier',
  'early-sealer',
  'withholding-sealer',
  'seal-swapper',
  'leaking-witness',
  'false-leaser',
  'double-committer',
  'cancel-forger',
  'held-liar',
  'replayer',
  'withholder',
] as const

/** The same for any member. */
export const JOB_MEMBER_ADVERSARIES = [
  'copier',
  'copier',
  'false-leaser',
  'double-committer',
  'cancel-forger',
  'replayer',
  'no-show',
] as const

/** What witnesses may do wrong besides where epochs change. */
export const CHANGE_ADVERSARIES = ['handover-liar', 'epoch-withholder'] as const

/** Has the keys of everybody who witnessed or operated once; any member may be the one. */
export const KEY_THIEF = 'key-thief'

/** Shows certificates that it has hidden only in a later epoch; an owner. */
export const CERTIFICATE_KEEPER = 'certificate-keeper'

/** The same with what its jobs' witnesses decide; a payer. */
export const DECISION_KEEPER = 'decision-keeper'

/** Minted or operated once, and forks its own account when it does so no longer; and a witness that helps it. */
export const LAPSED_OFFICIAL = 'lapsed-official'
export const ACCOMPLICE = 'accomplice'

/** Owner and witness in one; only the runs that are about it have one. */
export const FORK_ADVERSARY = 'certificate-hider'

export type AdversaryName =
  | (typeof WITNESS_ADVERSARIES | typeof MEMBER_ADVERSARIES)[number]
  | (typeof CHANGE_ADVERSARIES)[number]
  | (typeof JOB_WITNESS_ADVERSARIES | typeof JOB_MEMBER_ADVERSARIES)[number]
  | typeof CERTIFICATE_KEEPER
  | typeof DECISION_KEEPER
  | typeof FORK_ADVERSARY
  | typeof KEY_THIEF
  | typeof LAPSED_OFFICIAL
  | typeof ACCOMPLICE

const ADVERSARIES: Readonly<Record<AdversaryName, CreateAdversary>> = {
  accomplice: createAccomplice,
  'bad-entries': createBadEntries,
  'certificate-hider': createCertificateHider,
  'certificate-keeper': createCertificateKeeper,
  'cancel-forger': createCancelForger,
  copier: createCopier,
  'decision-keeper': createDecisionKeeper,
  'double-committer': createDoubleCommitter,
  'double-claimer': createDoubleClaimer,
  'double-voter': createDoubleVoter,
  'early-sealer': createEarlySealer,
  'epoch-withholder': createEpochWithholder,
  'false-leaser': createFalseLeaser,
  forger: createForger,
  'forking-owner': createForkingOwner,
  'forking-proposer': createForkingProposer,
  'handover-liar': createHandoverLiar,
  'held-liar': createHeldLiar,
  'key-thief': createKeyThief,
  'lapsed-official': createLapsedOfficial,
  'leaking-witness': createLeakingWitness,
  'lock-liar': createLockLiar,
  'no-show': createNoShow,
  'promise-liar': createPromiseLiar,
  replayer: createReplayer,
  'round-racer': createRoundRacer,
  'seal-swapper': createSealSwapper,
  withholder: createWithholder,
  'withholding-sealer': createWithholdingSealer,
}

/** The mind under all of these conducts, the first one closest to it. */
export function turnedAdversary(names: readonly AdversaryName[], mind: Peer, means: Means): Peer {
  return names.reduce((inner, name) => {
    const own = { ...means, random: means.random.fork(name) }
    return misled(inner, name, own, ADVERSARIES[name](own, mind.view))
  }, mind)
}
