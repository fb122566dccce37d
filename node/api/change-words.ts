import type { ChangeView } from '../../protocol/epoch/change-view.ts'
import type { PeerId } from '../../protocol/ids.ts'

const BEHIND =
  'This peer does not have all that the last epoch ended with yet; until then it certifies nothing.'
const ASTRAY =
  'This peer holds what nobody else in the swarm does, signed with keys of an epoch that is over. It certifies nothing until it has fetched the ledger anew, for which it starts again by itself within a minute or two; where it does not, start it.'

/** What a change of epoch that is under way means for whoever operates the swarm; nothing where none is. */
export function changeWords(
  { order, stoppedMs, missing, isLevel, astray }: ChangeView,
  nameOf: (peer: PeerId) => string,
): string[] {
  const behind = isLevel ? [] : [astray.length > 0 ? ASTRAY : BEHIND]
  if (order === undefined) return behind
  const { number, governance } = order
  const ordered = `Epoch ${number} is ordered, with ${governance.witnesses.length === 1 ? 'one witness' : `${governance.witnesses.length} witnesses`}`
  if (missing.length > 0)
    return [
      ...behind,
      `${ordered}. It waits until these agree to witness, each by "hyperlooms swarm accept": ${missing.map(nameOf).join(', ')}.`,
    ]
  if (stoppedMs === undefined) return [...behind, `${ordered}.`]
  return [...behind, `${ordered}. This witness certifies nothing else until that is decided.`]
}
