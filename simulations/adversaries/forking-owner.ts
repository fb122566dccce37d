import { sign } from '../../protocol/encoding/signed.ts'
import { ENTRY, type Operation, type SignedEntry } from '../../protocol/ledger/entry.ts'
import { type CreateAdversary, type Means, toWitnesses } from './adversary.ts'
import { createSideDriver } from './side-driver.ts'

const FORKS_PPM = 800_000
/** Votes that it loses on purpose: while neither entry is certified, witnesses can be asked for both. */
const VOTES_LOST_PPM = 700_000

/** Signs two entries for one place of its chain, shows either to whom it likes and drives both. */
export const createForkingOwner: CreateAdversary = (means) => {
  const { signer, random } = means
  const side = createSideDriver(means)
  const twins = new Map<number, SignedEntry | undefined>()

  const twinOf = (entry: SignedEntry): SignedEntry | undefined => {
    const { seq } = entry.body
    if (!twins.has(seq)) twins.set(seq, random.chance(FORKS_PPM) ? makeTwin(means, entry) : undefined)
    return twins.get(seq)
  }

  return {
    incoming(message) {
      const driven = side.onMessage(message)
      const isForked = message.kind === 'vote' && twins.get(message.body.seq) !== undefined
      return isForked && random.chance(VOTES_LOST_PPM) ? { handled: driven } : driven
    },
    outgoing(sent) {
      if (sent.kind !== 'certify' || sent.body.entry.signer !== signer.id) return [sent]
      const twin = twinOf(sent.body.entry)
      if (twin === undefined) return [sent]
      const other = side.ask(sent.to, twin)
      return random.pick([[sent], [other], [sent, other], [other, sent]])
    },
    tick() {
      const known = [...twins.values()].filter((twin) => twin !== undefined)
      return known.length === 0 ? [] : toWitnesses(means, (to) => side.ask(to, random.pick(known)))
    },
  }
}

/** The same entry with its money sent to somebody else; undefined where it sends none. */
export function makeTwin({ signer, roster, random }: Means, { body }: SignedEntry): SignedEntry | undefined {
  const receivers = [...roster.members()].map(({ peer }) => peer)
  let changed = false
  const ops = body.ops.map((operation): Operation => {
    if (operation.type !== 'mint' && operation.type !== 'transfer') return operation
    changed = true
    return { ...operation, to: random.pick(receivers.filter((peer) => peer !== operation.to)) }
  })
  return changed ? sign(signer, roster.swarm, ENTRY, { ...body, ops }) : undefined
}
