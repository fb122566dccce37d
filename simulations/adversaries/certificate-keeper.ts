import { entryIdOf, type SignedEntry } from '../../protocol/ledger/entry.ts'
import type { Fact } from '../../protocol/ledger/fact.ts'
import { type CreateAdversary, plain, toWitnesses } from './adversary.ts'
import { makeTwin } from './forking-owner.ts'
import { createSideDriver } from './side-driver.ts'

/** Certificates are shown to one witness only, which has to spread them, or to all. */
const SHOWN_TO_ONE_PPM = 500_000
const SHOWN_PPM = 300_000
/** Some are kept until several epochs are closed. */
const EPOCHS_HIDDEN_MAX = 2

interface Kept {
  readonly fact: Fact
  readonly epoch: number
  /** The first epoch in which it is shown. */
  readonly from: number
}

/**
 * An owner that shows as many witnesses as make a certificate one entry and the others another one for its place, and
 * keeps the certificate to itself until the epoch is closed: then both may be listed, and it shows what it has.
 */
export const createCertificateKeeper: CreateAdversary = (means) => {
  const { signer, random, roster } = means
  const side = createSideDriver(means)
  const twins = new Map<number, SignedEntry | undefined>()
  const kept = new Map<string, Kept>()

  const shownTo = (to: string, entry: SignedEntry, twin: SignedEntry): SignedEntry => {
    // What has a certificate of a closed epoch is to have a rival in the next one.
    const before = kept.get(entryIdOf(entry))
    if (before !== undefined && roster.epoch.number > before.epoch) return twin
    const others = roster.epoch.witnesses.filter((peer) => peer !== signer.id)
    const own = roster.isWitness(signer.id) ? 1 : 0
    const at = others.findIndex((peer) => peer === to)
    return at < roster.epoch.sizes.quorum - own ? entry : twin
  }

  return {
    incoming(message) {
      if (message.kind === 'certify' && message.body.entry.signer === signer.id) return { handled: [] }
      if (message.kind !== 'vote' || message.body.account !== signer.id) return []
      if (twins.get(message.body.seq) === undefined) return []
      const fact = side.certificateBy(message)
      if (fact !== undefined && !kept.has(message.body.entry)) {
        const { number: epoch } = roster.epoch
        kept.set(message.body.entry, { fact, epoch, from: epoch + 1 + random.below(EPOCHS_HIDDEN_MAX) })
      }
      return { handled: [] }
    },
    outgoing(sent) {
      if (sent.kind !== 'certify' || sent.body.entry.signer !== signer.id) return [sent]
      const { entry, evidence } = sent.body
      const { seq } = entry.body
      if (!twins.has(seq)) twins.set(seq, makeTwin(means, entry))
      const twin = twins.get(seq)
      return twin === undefined ? [sent] : [side.ask(sent.to, shownTo(sent.to, entry, twin), evidence)]
    },
    tick: () =>
      [...kept.values()].flatMap(({ fact, from }) => {
        if (roster.epoch.number < from || !random.chance(SHOWN_PPM)) return []
        const all = toWitnesses(means, (to) => plain(means, to, 'facts', { facts: [fact] }))
        const asked = fact.type === 'certificate' ? [...twins.values()] : []
        const drives = asked.flatMap((twin) =>
          twin === undefined ||
          (fact.type === 'certificate' && entryIdOf(twin) === entryIdOf(fact.certificate.entry))
            ? []
            : toWitnesses(means, (to) => side.ask(to, twin)),
        )
        return [...(random.chance(SHOWN_TO_ONE_PPM) ? [random.pick(all)] : all), ...drives]
      }),
  }
}
