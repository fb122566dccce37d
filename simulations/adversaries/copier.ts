import type { Signed } from '../../protocol/encoding/signed.ts'
import type { JobId, PeerId } from '../../protocol/ids.ts'
import { sign } from '../../protocol/encoding/signed.ts'
import type { Message } from '../../protocol/intake/message.ts'
import {
  COMMIT,
  type Commit,
  commitmentOf,
  REVEAL,
  type Reveal,
  type Seal,
  sealDigestOf,
} from '../../protocol/jobs/messages.ts'
import { rankOf } from '../../protocol/jobs/ranks.ts'
import type { JobRecord } from '../../protocol/jobs/record.ts'
import type { PeerView } from '../../protocol/peer/view.ts'
import { type CreateAdversary, type Means, type Outgoing, plain, signed, toWitnesses } from './adversary.ts'

/** One attempt, as the copier has seen it. */
interface Seen {
  readonly job: JobId
  readonly step: number
  readonly seals: Map<PeerId, Signed<Seal>>
  /** Somebody else's answer. */
  answer: Reveal['answer'] | undefined
  copy: { readonly body: Commit; readonly salt: Uint8Array } | undefined
}

/**
 * Runs nothing itself. What it sees revealed, or is passed on, it commits to as its own for a slot that it may fill, and
 * opens that once seals with it are there. It believes each seal that it is shown, and asks for no quorum.
 */
export const createCopier: CreateAdversary = (means, view) => {
  const attempts = new Map<string, Seen>()
  const of = (job: JobId, step: number): Seen => {
    const name = `${job}/${step}`
    const seen = attempts.get(name) ?? { job, step, seals: new Map(), answer: undefined, copy: undefined }
    attempts.set(name, seen)
    return seen
  }
  return {
    incoming(message) {
      const known = knownIn(attempts, message)
      const seen = learn(of, message, means.signer.id)
      // At once when there is something to copy; the rest is for its own time.
      return seen?.answer === undefined || known ? [] : commit(means, view, seen)
    },
    tick: () =>
      [...attempts.values()].flatMap((seen) => [...commit(means, view, seen), ...reveal(means, view, seen)]),
  }
}

/** Whether there is nothing in a message that it could copy and hasn't seen. */
function knownIn(attempts: ReadonlyMap<string, Seen>, message: Message): boolean {
  if (message.kind !== 'reveal') return true
  const { job, step } = message.body.reveal.body
  return attempts.get(`${job}/${step}`)?.answer !== undefined
}

function learn(of: (job: JobId, step: number) => Seen, message: Message, self: PeerId): Seen | undefined {
  if (message.kind === 'seal') {
    const { signer, body, bytes, sig } = message
    const seen = of(body.job, body.step)
    // Of two seals the one that helps it.
    const before = seen.seals.get(signer)
    if (before === undefined || !holds(before, self)) seen.seals.set(signer, { signer, body, bytes, sig })
    return seen
  }
  if (message.kind !== 'reveal') return undefined
  const { reveal: shown, seals } = message.body
  const seen = of(shown.body.job, shown.body.step)
  for (const seal of seals) if (!seen.seals.has(seal.signer)) seen.seals.set(seal.signer, seal)
  if (shown.signer !== self) seen.answer ??= shown.body.answer
  return seen
}

function holds({ body }: Signed<Seal>, peer: PeerId): boolean {
  return body.commits.some(({ signer }) => signer === peer)
}

/** Again and again to everybody who may seal, until it is over. */
function commit(means: Means, view: PeerView, seen: Seen): readonly Outgoing[] {
  const { job, step, answer } = seen
  const place = placeOf(view.job(job), step, means.signer.id)
  if (answer === undefined || place === undefined) return []
  if (seen.copy === undefined) {
    const salt = means.random.bytes(32)
    const commitment = commitmentOf({ job, step, slot: place.slot, peer: means.signer.id, salt, answer })
    seen.copy = { salt, body: { job, step, ...place, commitment } }
  }
  const { body } = seen.copy
  return toWitnesses(means, (to) => signed(means, to, COMMIT, body))
}

function reveal(means: Means, view: PeerView, { job, step, seals, answer, copy }: Seen): readonly Outgoing[] {
  const shown = [...seals.values()].sort((a, b) => (a.signer < b.signer ? -1 : 1))
  if (answer === undefined || copy === undefined || !shown.some((seal) => holds(seal, means.signer.id)))
    return []
  const { signer, roster } = means
  const named = shown.map((seal) => ({ witness: seal.signer, seal: sealDigestOf(seal) }))
  const opened = sign(signer, roster.swarm, REVEAL, {
    job,
    step,
    slot: copy.body.slot,
    salt: copy.salt,
    answer,
    seals: named,
  })
  const steward = view.job(job)?.spec.steward
  const others = steward === undefined || roster.epoch.witnesses.includes(steward) ? [] : [steward]
  const show = (to: PeerId) => plain(means, to, 'reveal', { reveal: opened, seals: shown })
  return [...toWitnesses(means, show), ...others.filter((to) => to !== signer.id).map(show)]
}

/** A slot that this peer was assigned, or else the first one that nobody has answered and that it stands by for. */
function placeOf(
  record: JobRecord | undefined,
  step: number,
  self: PeerId,
): Pick<Commit, 'slot' | 'rank'> | undefined {
  if (record === undefined) return undefined
  const slots = record.slots.filter((slot) => slot.step === step)
  const own = slots.find(({ peer }) => peer === self)
  if (own !== undefined) return { slot: own.slot, rank: own.rank }
  const [open] = slots.filter(({ state }) => state !== 'revealed' && state !== 'committed')
  const rank = open && rankOf({ step, slots, standbys: record.standbys }, open.slot, self)
  return open === undefined || rank === undefined ? undefined : { slot: open.slot, rank }
}
