import type { ChangeView } from '../../protocol/epoch/change-view.ts'

const BEHIND =
  'This peer does not have all that the last epoch ended with yet; until then it certifies nothing.'
const ASTRAY =
  'This peer holds what nobody else in the swarm does, signed with keys of an epoch that is over. It certifies nothing; start it again, and it fetches the ledger anew.'

/** What a change of epoch that is under way means for whoever operates the swarm; nothing where none is. */
export function changeWords({ order, stoppedMs, missing, isLevel, astray }: ChangeView): string[] {
  const behind = isLevel ? [] : [astray.length > 0 ? ASTRAY : BEHIND]
  if (order === undefined) return behind
  const { number, governance } = order
  const ordered = `Epoch ${number} is ordered, with ${governance.witnesses.length === 1 ? 'one witness' : `${governance.witnesses.length} witnesses`}`
  if (missing.length > 0)
    return [...behind, `${ordered}. It waits until these agree to witness: ${missing.join(', ')}.`]
  if (stoppedMs === undefined) return [...behind, `${ordered}.`]
  return [...behind, `${ordered}. This witness certifies nothing else until that is decided.`]
}
