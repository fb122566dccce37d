import { PREFIXES } from '../../protocol/records/keys.ts'
import type { WorldPeer } from '../world.ts'

/** One root, no own entry under way, no close that no snapshot folds, no job of theirs or paid for still open. */
export function isLevel(core: readonly WorldPeer[]): boolean {
  const owed = new Set<string>(core.map(({ id }) => id))
  const [first] = core
  const root = first?.body.view?.ledgerRoot()
  const epoch = first?.body.view?.roster.epoch.number
  return core.every(({ body: { view }, disk }) => {
    if (view === undefined || view.ledgerRoot() !== root || view.trust().waiting > 0) return false
    const { stoppedMs, isLevel: hasAll } = view.change()
    if (view.roster.epoch.number !== epoch || stoppedMs !== undefined || !hasAll) return false
    if (view.openJobs().some(({ status, account }) => status !== 'pending' || owed.has(account))) return false
    return ![...disk.records().keys()].some((key) => key.startsWith(PREFIXES.own))
  })
}

/** For a report: where each of them stands. */
export function stateOf(core: readonly WorldPeer[]): string {
  return core
    .map(({ id, body: { view }, disk }) => {
      const own = [...disk.records().keys()].filter((key) => key.startsWith(PREFIXES.own)).length
      const jobs = view?.openJobs().map(({ status }) => status) ?? []
      const { stoppedMs, isLevel: hasAll } = view?.change() ?? {}
      const change = `${stoppedMs === undefined ? '' : ' stopped'}${hasAll === false ? ' behind' : ''}`
      const at = `epoch ${view?.roster.epoch.number}${change}`
      return `${id.slice(-6)} ${view?.ledgerRoot().slice(0, 6)} ${at} own ${own} jobs ${jobs.join(',')}`
    })
    .join('; ')
}
