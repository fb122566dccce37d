import { formatCredits } from '../../protocol/api/credits.ts'
import type { PeerId } from '../../protocol/ids.ts'
import { PPM } from '../../protocol/params.ts'
import type { Governance } from '../../protocol/swarm/governance.ts'
import { quorumSizes } from '../../protocol/swarm/quorum-size.ts'
import { quorumWords } from '../swarm/quorum-words.ts'

type NameOf = (peer: PeerId) => string

/** What an order changes against the current epoch, a sentence each; none where it changes nothing. */
export function changeSentences(before: Governance, after: Governance, nameOf: NameOf): string[] {
  const added = after.witnesses.filter((peer) => !before.witnesses.includes(peer))
  const removed = before.witnesses.filter((peer) => !after.witnesses.includes(peer))
  return [
    ...added.map((peer) => `${nameOf(peer)} becomes a witness.`),
    ...removed.map((peer) => `${nameOf(peer)} stops being a witness.`),
    ...differing('Operators', operatorsText(before, nameOf), operatorsText(after, nameOf)),
    ...differing('Minters', listText(before.minters, nameOf), listText(after.minters, nameOf)),
    ...differing('Treasury', nameOf(before.treasury), nameOf(after.treasury)),
    ...figures(before.params, after.params),
    ...differing('Rules for judging answers', before.rules.slice(0, 12), after.rules.slice(0, 12)),
  ]
}

function figures(before: Governance['params'], after: Governance['params']): string[] {
  const percent = (ppm: number) => `${(100 * ppm) / PPM} %`
  return [
    ...differing('Trust without a history', percent(before.priorTrust), percent(after.priorTrust)),
    ...differing('Least confidence', percent(before.minConfidence), percent(after.minConfidence)),
    ...differing('Fee of a job', formatCredits(before.fee), formatCredits(after.fee)),
    ...differing('Usual highest price', formatCredits(before.maxPrice), formatCredits(after.maxPrice)),
    ...differing('Bidders that trust takes', String(before.trustBidders), String(after.trustBidders)),
  ]
}

function differing(what: string, before: string, after: string): string[] {
  return before === after ? [] : [`${what}: ${after} (before: ${before}).`]
}

function operatorsText({ operators: { keys, needed } }: Governance, nameOf: NameOf): string {
  return `${needed} of ${keys.map(nameOf).join(', ')}`
}

function listText(keys: readonly PeerId[], nameOf: NameOf): string {
  return keys.length === 0 ? 'nobody' : keys.map(nameOf).join(', ')
}

interface Standing {
  readonly before: Governance
  readonly after: Governance
  readonly self: PeerId
  /** Keys of operators that this peer signs with. */
  readonly held: readonly PeerId[]
}

/** What a change takes away or leaves without a spare: whoever orders it says that they mean it. */
export function orderWarnings(standing: Standing): string[] {
  return [...sizeWarnings(standing), ...quorumWarnings(standing), ...ownWarnings(standing)]
}

function sizeWarnings({ before, after }: Standing): string[] {
  const old = quorumSizes(before.witnesses.length)
  const { witnesses, faulty, quorum } = quorumSizes(after.witnesses.length)
  const [spare, oldSpare] = [witnesses - quorum, old.witnesses - old.quorum]
  if (witnesses === old.witnesses) return []
  if (witnesses === 1)
    return ['With one witness everything stands still while it is away, and its disk is the swarm.']
  if (witnesses === 2)
    return [
      'With two witnesses both are needed: if either stops, credits and jobs stand still, and if either is lost for good, for ever. Name four at once if you can.',
    ]
  if (witnesses === 3) return ['With three witnesses one may stop, and none may lie.']
  return [
    ...(faulty < old.faulty ? [`Only ${faulty} of the witnesses may lie then, and now ${old.faulty}.`] : []),
    ...(spare < oldSpare ? [`Only ${spare} of the witnesses may stop then, and now ${oldSpare}.`] : []),
  ]
}

/** Only where the change brings it about: who has it so already isn't stopped by it at each order. */
function quorumWarnings({ before, after }: Standing): string[] {
  const [old, next] = [before, after].map(({ operators, witnesses }) =>
    quorumWords(operators.needed, witnesses.length),
  )
  return old?.join() === next?.join() ? [] : (next ?? [])
}

function ownWarnings({ before, after, self, held }: Standing): string[] {
  const leaves = before.witnesses.includes(self) && !after.witnesses.includes(self)
  const resigns = held.length > 0 && !held.some((key) => after.operators.keys.includes(key))
  return [
    ...(leaves ? ['This peer itself stops being a witness.'] : []),
    ...(resigns ? ['This peer holds no key of an operator any more: only the others can undo it.'] : []),
  ]
}
