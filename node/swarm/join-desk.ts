import { decisionCodec } from '../../protocol/agreement/messages.ts'
import { type Candidate, mintVerified, type Verified } from '../../protocol/crypto/verified.ts'
import type { Verifier } from '../../protocol/crypto/verifier.ts'
import { decodeRecord } from '../../protocol/encoding/body.ts'
import type { PeerId } from '../../protocol/ids.ts'
import type { DropCode } from '../../protocol/intake/drop-code.ts'
import { type Budgets, createBudgets } from '../../protocol/intake/budget.ts'
import { certificateCodec } from '../../protocol/ledger/certificate.ts'
import { entryIdOf, type SignedEntry } from '../../protocol/ledger/entry.ts'
import type { Command } from '../../protocol/peer/command.ts'
import type { PeerView } from '../../protocol/peer/view.ts'
import { encodeCharter } from '../../protocol/swarm/charter.ts'
import type { JoinRefusal } from '../../protocol/swarm/join-refusals.ts'
import {
  encodeJoinAnswer,
  inspectJoinRequest,
  type JoinAnswer,
  type JoinRequest,
  joinOf,
  joins,
} from '../../protocol/swarm/joining.ts'
import type { CommandAnswer, LedgerHistory } from '../api/backend.ts'
import type { Guests } from './guests.ts'

/** What one peer, and all that hold one invitation together, may ask: a class of a hundred joins at once. */
const PEER_REQUESTS = { perSecond: 1, burst: 32 } as const
const TOKEN_REQUESTS = { perSecond: 4, burst: 256 } as const
/** Over all strangers: each request may cost some twenty signatures, so this is a tenth of a core. */
const ALL_REQUESTS = { perSecond: 64, burst: 1_024 } as const
const EVERYBODY = 'all'
/** What somebody who asks too much is told to wait. */
const LATER_MS = 2_000
/** An outcome that isn't known yet is asked for again soon. */
const AGAIN_MS = 250

interface JoinDeskOptions {
  readonly view: PeerView
  readonly command: (command: Command) => Promise<CommandAnswer>
  readonly ledger: Pick<LedgerHistory, 'entry'>
  /** The decision that began an epoch, as it is stored; undefined for one that isn't known here. */
  readonly epochDecision: (number: number) => Promise<Uint8Array | undefined>
  readonly verifier: Verifier
  readonly guests: Guests
  readonly now: () => number
}

/** Answers one request of a `join` stream (`protocol/swarm/joining.ts`). It never throws for what a stranger sends. */
export type JoinDesk = (from: PeerId, request: Uint8Array) => Promise<Uint8Array>

/**
 * A member's desk for newcomers. Whatever it is asked costs the asker's budget first; nothing is done before every
 * signature has been checked, and a join is relayed only for the peer that the connection proves.
 */
export function createJoinDesk(options: JoinDeskOptions): JoinDesk {
  const { view, verifier, now } = options
  const charter = encodeCharter(view.roster.charter)
  const peers = createBudgets(PEER_REQUESTS)
  const tokens = createBudgets(TOKEN_REQUESTS)
  const all = createBudgets(ALL_REQUESTS)

  async function answer(from: PeerId, frame: Uint8Array): Promise<JoinAnswer> {
    const at = now()
    if (!pays(all, EVERYBODY, at) || !pays(peers, from, at)) return LATER
    const inspected = inspectJoinRequest(frame, view.roster)
    if (!inspected.ok) return refused(codeOf(inspected.code))
    const request = await verified(inspected.candidate, verifier)
    if (request === undefined) return refused('request_forged')
    switch (request.type) {
      case 'charter':
        return { type: 'charter', charter }
      case 'epochs':
        return nextEpoch(options, request)
      case 'redeem':
        return pays(tokens, request.entry.body.account, at) ? redeem(options, from, request) : LATER
      case 'show':
        return show(options, from, request)
      case 'attach':
        return attach(options, from, request)
    }
  }

  return async (from, frame) => encodeJoinAnswer(await answer(from, frame))
}

const LATER: JoinAnswer = { type: 'later', afterMs: LATER_MS }

function refused(code: JoinRefusal): JoinAnswer {
  return { type: 'refused', code }
}

function pays(budgets: Budgets, who: string, now: number): boolean {
  return budgets.spend(who, 1, now)
}

/** A ticket's signer that is no member is told apart from bytes that mean nothing. */
function codeOf(code: DropCode): JoinRefusal {
  return code === 'not_a_member' ? 'ticket_not_by_a_member' : 'request_unreadable'
}

async function verified<T>(candidate: Candidate<T>, verifier: Verifier): Promise<Verified<T> | undefined> {
  return mintVerified(candidate, await verifier.verify(candidate.checks))
}

type RequestOf<T extends JoinRequest['type']> = Verified<JoinRequest> & { readonly type: T }

/** The join's certificate if it is known here. The identical entry is found however often it is brought. */
async function certified({ ledger }: JoinDeskOptions, entry: SignedEntry): Promise<JoinAnswer | undefined> {
  const found = await ledger.entry(entryIdOf(entry))
  if (found?.proof !== 'certificate') return undefined
  return { type: 'joined', certificate: decodeRecord(certificateCodec, found.bytes, 'certificate') }
}

async function nextEpoch(
  { epochDecision }: JoinDeskOptions,
  { after }: RequestOf<'epochs'>,
): Promise<JoinAnswer> {
  const stored = await epochDecision(after + 1)
  const decisions = stored === undefined ? [] : [decodeRecord(decisionCodec, stored, 'epoch')]
  return { type: 'epochs', decisions }
}

async function redeem(
  options: JoinDeskOptions,
  from: PeerId,
  { entry }: RequestOf<'redeem'>,
): Promise<JoinAnswer> {
  if (joinOf(entry) === undefined) return refused('not_a_join')
  if (!joins(entry, from)) return refused('consent_of_another_peer')
  const before = await certified(options, entry)
  if (before !== undefined) return before
  // Part of what was checked as a whole.
  const relayed = await options.command({ type: 'relay', entry: entry as Verified<SignedEntry> })
  if (!relayed.ok || relayed.type !== 'relayed') return LATER
  const { outcome } = relayed
  if (outcome.status === 'later') return { type: 'later', afterMs: AGAIN_MS }
  if (outcome.status === 'refused' && outcome.code !== 'invitation_used') return refused(outcome.code)
  // Used by this very entry, perhaps: another member may have brought it here meanwhile.
  const after = await certified(options, entry)
  if (after !== undefined) return after
  return outcome.status === 'refused' ? refused(outcome.code) : { type: 'later', afterMs: AGAIN_MS }
}

/** Applies what gossip hasn't brought yet; the roster then knows its bearer, or doesn't. */
async function show(
  { view, command }: JoinDeskOptions,
  from: PeerId,
  { certificate }: RequestOf<'show'>,
): Promise<JoinAnswer> {
  if (!joins(certificate.entry, from)) return refused('consent_of_another_peer')
  if (view.roster.isRevoked(from)) return refused('peer_revoked')
  if (view.roster.member(from) !== undefined) return { type: 'admitted' }
  await command({ type: 'take-certificate', certificate: certificate as Verified<typeof certificate> })
  return view.roster.member(from) === undefined ? refused('not_a_join') : { type: 'admitted' }
}

function attach({ guests }: JoinDeskOptions, from: PeerId, { ticket }: RequestOf<'attach'>): JoinAnswer {
  const code = guests.admit(from, ticket)
  return code === undefined ? { type: 'admitted' } : refused(code)
}
