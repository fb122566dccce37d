import type { PeerId } from '../../protocol/ids.ts'
import type { CreateChecker, Facts, Report } from './checker.ts'
import type { KnownEpoch } from './epoch-record.ts'
import { createListedFacts } from './listed-facts.ts'
import { isFact, type StoredEntry } from './stored-facts.ts'

/**
 * Who has minted or operated once does so in no later epoch (4.5): neither by a certificate, nor by the settlement of a
 * fork of its own, nor by what a handover lists. What an epoch listed may still come about by that epoch's rights.
 */
export const createLostRightsChecker: CreateChecker = (facts, report) => {
  const listed = createListedFacts()
  return {
    observe(observation) {
      const { peer } = observation
      for (const one of listed.observe(observation))
        judge(facts, one, [one.closed], (what) => report(`epoch ${one.closed} hands over ${what} (${peer})`))
    },
    stored(peer, writes) {
      const written = writes.flatMap(({ key, value }) => (value === null ? [] : [[key, value] as const]))
      const { chains, resolutions } = facts.read(new Map(written.filter(([key]) => isFact(key))))
      const since = (name: string) => listed.epochOf(name) ?? []
      for (const one of [...chains.values()].flat())
        judge(facts, one, [one.quorum.epoch, since(one.id)].flat(), (what) => report(`${peer} takes ${what}`))
      for (const { id, epoch, entries } of [...resolutions.values()].flat()) {
        const [only, ...others] = entries
        if (only === undefined || others.length > 0) continue
        const epochs = [epoch, since(id), since(only.id)].flat()
        judge(facts, only, epochs, (what) => report(`${peer} settles a fork by ${what}`))
      }
    },
  }
}

/** Reports an entry that in none of these epochs anybody had the right to. */
function judge(facts: Facts, { entry }: StoredEntry, epochs: readonly number[], report: Report): void {
  const { account, seq, ops } = entry.body
  const known = epochs.flatMap((number) => facts.epochOf(number) ?? [])
  const needs: readonly [string, (epoch: KnownEpoch) => boolean][] = ops.flatMap((operation) => {
    if (operation.type === 'mint') return [['a mint', ({ minters }: KnownEpoch) => names(minters, account)]]
    if (operation.type !== 'revoke') return []
    const signers = operation.revocation.signatures.map(({ signer }) => signer)
    return [
      [
        'a revocation',
        ({ operators: { keys, needed } }: KnownEpoch) =>
          signers.filter((signer) => names(keys, signer)).length >= needed,
      ],
    ]
  })
  for (const [what, isAllowed] of needs)
    if (!known.some(isAllowed))
      report(`${what} that epoch ${epochs.join(' or ')} gave nobody: ${account}/${seq}`)
}

const names = (keys: readonly PeerId[], key: PeerId) => keys.includes(key)
