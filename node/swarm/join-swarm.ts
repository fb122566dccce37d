import { setTimeout as pause } from 'node:timers/promises'
import { mintVerified } from '../../protocol/crypto/verified.ts'
import type { Signer } from '../../protocol/crypto/signer.ts'
import type { Verifier } from '../../protocol/crypto/verifier.ts'
import { DecodeError } from '../../protocol/encoding/decode-error.ts'
import { digestToBytes, type SwarmId } from '../../protocol/ids.ts'
import type { Certificate } from '../../protocol/ledger/certificate.ts'
import { entryIdOf, type SignedEntry } from '../../protocol/ledger/entry.ts'
import { type Charter, charterFault, decodeCharter, swarmIdOf } from '../../protocol/swarm/charter.ts'
import { dialAddresses } from '../../protocol/swarm/invitation-text.ts'
import {
  encodeJoinRequest,
  inspectJoinAnswer,
  inspectJoinRequest,
  type JoinAnswer,
  type JoinInspected,
  joinEntry,
  joinOf,
  readJoinAnswer,
} from '../../protocol/swarm/joining.ts'
import type { Guide } from '../../protocol/swarm/guide.ts'
import { type Invited, readInvitation } from './invited.ts'
import { joinFault } from '../../protocol/swarm/admission.ts'
import { createEpochChain, type EpochChain } from '../../protocol/swarm/epoch-chain.ts'
import type { JoinRefusal } from '../../protocol/swarm/join-refusals.ts'
import { createRoster } from '../../protocol/swarm/live-roster.ts'
import type { Roster } from '../../protocol/swarm/roster.ts'
import { readCharter, writeCharter } from '../config/charter-file.ts'
import type { DataFolder } from '../config/data-folder.ts'
import { readJoined, removeJoining, writeJoined, writeJoining } from '../config/join-files.ts'
import { NetworkError } from '../network/network.ts'
import {
  AlreadyMember,
  foreign,
  ofOtherSwarm,
  WAYS_OUT,
  behind,
  interrupted,
  JoinError,
  refusedJoin,
  undecided,
  unreachable,
} from './join-error.ts'

/** Certifying takes milliseconds; this is for witnesses that are away for a moment. */
const DECIDED_MS = 60_000
const ASK_MS = 10_000

export interface JoinOptions {
  readonly folder: DataFolder
  /** `hl1...` */
  readonly text: string
  readonly peer: Signer
  readonly signerOf: (seed: Uint8Array) => Signer
  /** A secret that only this peer can make from a salt, and makes again from it. */
  readonly secretOf: (salt: Uint8Array) => Uint8Array
  readonly verifier: Verifier
  /** Asks the member at an address over `join`; rejects when it can't be reached or gives no answer. */
  readonly ask: (question: Question) => Promise<Uint8Array>
  readonly signal: AbortSignal
  /** Refuses a peer that is a member of that swarm by another way. */
  readonly isNewcomer?: boolean
}

interface Question {
  readonly swarm: SwarmId
  readonly address: string
  readonly request: Uint8Array
  readonly signal: AbortSignal
}

/**
 * Redeems an invitation into a data folder, whose lock the caller holds. Written in this order: the invitation (so
 * that a start after a crash goes on with it), the join's certificate, the charter, and the invitation goes. The
 * entry that is sent is the same in every attempt, so however often this is begun, the peer joins once. Throws
 * `JoinError`; a refusal removes the invitation, everything else keeps it.
 */
export async function joinSwarm(options: JoinOptions): Promise<Charter> {
  const { folder, peer, signerOf, secretOf } = options
  const invited = readInvitation(options.text)
  const { invitation } = invited
  const named = invitation?.body.peer ?? null
  if (named !== null && named !== peer.id)
    throw refusedJoin(
      'invitation_for_another_peer',
      `: ${named}; this peer is ${peer.id}, for which an operator makes one with --for`,
    )
  const token = signerOf(invited.secret ?? secretOf(digestToBytes(invited.swarm)))
  const before = await charterBefore(folder, invited)
  const joined = await readJoined(folder)
  if (before !== undefined && joined?.certificate.entry.body.account === token.id) {
    await removeJoining(folder)
    return before
  }
  if (before !== undefined && options.isNewcomer === true)
    throw new AlreadyMember(folder.root, { name: before.name, swarm: invited.swarm })
  await writeJoining(folder, options.text.trim())
  try {
    return await enter(options, invited, { before, token })
  } catch (error) {
    throw options.signal.aborted && !(error instanceof JoinError) ? interrupted() : error
  }
}

interface Entering {
  /** The swarm's charter, where the folder has it already. */
  readonly before: Charter | undefined
  readonly token: Signer
}

async function enter(options: JoinOptions, invited: Invited, { before, token }: Entering): Promise<Charter> {
  const { folder, peer } = options
  const { invitation } = invited
  const charter = before ?? (await fetchCharter(options, invited))
  const roles = invitation?.body.roles ?? ['peer']
  const entry = joinEntry(invited.swarm, { token, peer, invitation, roles })
  const { roster } = await followEpochs(options, invited, charter)
  const guide = guideOf(invited, roster)
  const certificate = await redeem(options, invited, { entry, roster }).catch(async (error: unknown) => {
    if (error instanceof JoinError && error.code === 'join_refused') await removeJoining(folder)
    throw error
  })
  await writeJoined(folder, { certificate, addresses: dialAddresses(invited.dial), guide })
  await writeCharter(folder, charter)
  await removeJoining(folder)
  return charter
}

async function charterBefore(folder: DataFolder, { swarm }: Invited): Promise<Charter | undefined> {
  const charter = await readCharter(folder)
  if (charter === undefined || swarmIdOf(charter) === swarm) return charter
  const own = { name: charter.name, swarm: swarmIdOf(charter) }
  throw ofOtherSwarm(folder.root, own, swarm)
}

/** The first answer that `take` makes something of; addresses are tried in their order. */
async function askAny<T>(
  { ask, signal }: JoinOptions,
  { swarm, dial }: Invited,
  request: Uint8Array,
  take: (frame: Uint8Array) => Promise<T | undefined>,
): Promise<T> {
  const addresses = dialAddresses(dial)
  let hasAnswered = false
  const others: string[] = []
  for (const address of addresses) {
    const limited = AbortSignal.any([signal, AbortSignal.timeout(ASK_MS)])
    const frame = await ask({ swarm, address, request, signal: limited }).catch((error: unknown) => {
      if (error instanceof NetworkError && error.code === 'swarm_unknown') others.push(address)
      return undefined
    })
    signal.throwIfAborted()
    hasAnswered ||= frame !== undefined
    const taken = frame === undefined ? undefined : await take(frame)
    if (taken !== undefined) return taken
  }
  if (!hasAnswered) throw others.length > 0 ? foreign(others, swarm) : unreachable(addresses)
  throw new JoinError(
    'untrusted',
    `Not joined: what answers at ${addresses.join(', ')} does not belong to the swarm ${swarm} of this invitation. It is kept. ${WAYS_OUT}`,
  )
}

/** Only the charter whose digest the invitation names is taken, whoever it comes from. */
function fetchCharter(options: JoinOptions, invited: Invited): Promise<Charter> {
  return askAny(options, invited, encodeJoinRequest({ type: 'charter' }), async (frame) => {
    const charter = charterIn(readJoinAnswer(frame))
    if (charter === undefined || charterFault(charter) !== undefined) return undefined
    return swarmIdOf(charter) === invited.swarm ? charter : undefined
  })
}

function charterIn(answer: JoinAnswer | undefined): Charter | undefined {
  try {
    return answer?.type === 'charter' ? decodeCharter(answer.charter) : undefined
  } catch (error) {
    if (error instanceof DecodeError) return undefined
    throw error
  }
}

/**
 * The epochs of this swarm up to the newest that a member of the invitation knows, but at least to the invitation's own.
 * A member that is behind, or answers with another swarm's, is passed over for the next. Throws `join_undecided` where
 * all of them are behind, and `join_untrusted` where what they say is another chain than the invitation's.
 */
async function followEpochs(options: JoinOptions, invited: Invited, charter: Charter): Promise<EpochChain> {
  const chain = createEpochChain(createRoster(charter), options.peer.id)
  const least = invited.invitation?.body.epoch ?? 0
  for (;;) {
    const { number } = chain.roster.epoch
    const request = encodeJoinRequest({ type: 'epochs', after: number })
    let isBehind = false
    const step = await askAny(options, invited, request, async (frame) => {
      const answer = await verified(inspectJoinAnswer(frame, chain.roster), options.verifier)
      if (answer?.type !== 'epochs') return undefined
      const [next] = answer.decisions
      if (next !== undefined) return chain.follow(next) ? 'followed' : undefined
      if (number >= least) return 'newest'
      isBehind = true
      return undefined
    }).catch((error: unknown) => {
      throw isBehind ? behind(number, least) : error
    })
    if (step === 'followed') continue
    if (!isOfInvitation(chain, invited))
      throw new JoinError(
        'untrusted',
        `Not joined: what answers knows another epoch ${least} of the swarm ${invited.swarm} than this invitation is of.`,
      )
    return chain
  }
}

function isOfInvitation({ roster }: EpochChain, { invitation }: Invited): boolean {
  return invitation === null || roster.epochOf(invitation.body.epoch)?.decision === invitation.body.decision
}

/** Whom the invitation names, who witnesses now, and by which decisions that came about. */
function guideOf({ dial }: Invited, { epoch, epochOf }: Roster): Guide {
  const decisions = Array.from({ length: epoch.number }, (_, at) => epochOf(at + 1)?.decision)
  return {
    peers: [...new Set([...dial.map(({ peer }) => peer), ...epoch.witnesses])],
    epochs: decisions.filter((each) => each !== undefined && each !== null),
  }
}

interface Redeeming {
  readonly entry: SignedEntry
  readonly roster: Roster
}

async function redeem(
  options: JoinOptions,
  invited: Invited,
  { entry, roster }: Redeeming,
): Promise<Certificate> {
  const { verifier, signal } = options
  const request = encodeJoinRequest({ type: 'redeem', entry })
  if ((await verified(inspectJoinRequest(request, roster), verifier)) === undefined)
    throw refusedJoin('request_forged')
  const join = joinOf(entry)
  const fault = join !== undefined ? joinFault(join, entry.body.account, roster) : undefined
  if (fault !== undefined) throw refusedJoin(fault)
  const endMs = performance.now() + DECIDED_MS
  for (;;) {
    const outcome = await askEach(options, invited, { entry, roster, request })
    if ('certificate' in outcome) return outcome.certificate
    if (performance.now() > endMs) throw undecided(outcome.refusal)
    await pause(outcome.afterMs, undefined, { signal })
  }
}

type Outcome =
  | { readonly certificate: Certificate }
  /** What a member that isn't the last to be asked holds against it. */
  | { readonly afterMs: number; readonly refusal: JoinRefusal | undefined }

/**
 * Asks one member after another, until one answers with the certificate. A single one may be behind or lie: the join is
 * refused only where all that answer refuse it.
 */
async function askEach(
  options: JoinOptions,
  invited: Invited,
  { entry, roster, request }: Redeeming & { readonly request: Uint8Array },
): Promise<Outcome> {
  let afterMs: number | undefined
  let refusal: JoinRefusal | undefined
  const joined = await askAny(options, invited, request, async (frame) => {
    const answer = await verified(inspectJoinAnswer(frame, roster), options.verifier)
    if (answer?.type === 'later') afterMs = Math.max(afterMs ?? 0, answer.afterMs)
    if (answer?.type === 'refused') refusal ??= answer.code
    if (answer?.type !== 'joined' || entryIdOf(answer.certificate.entry) !== entryIdOf(entry))
      return undefined
    return answer
  }).catch((error: unknown) => {
    if (!(error instanceof JoinError) || (afterMs === undefined && refusal === undefined)) throw error
    return undefined
  })
  if (joined !== undefined) return joined
  if (afterMs !== undefined) return { afterMs, refusal }
  throw refusedJoin(refusal ?? 'not_a_join')
}

async function verified<T>(inspected: JoinInspected<T>, verifier: Verifier): Promise<T | undefined> {
  if (!inspected.ok) return undefined
  return mintVerified(inspected.candidate, await verifier.verify(inspected.candidate.checks))
}
