import { encodeBody } from '../../protocol/encoding/body.ts'
import { valueCodec } from '../../protocol/agreement/value.ts'
import type { CreateChecker } from './checker.ts'
import { createListedFacts } from './listed-facts.ts'
import { isFact, tagged } from './stored-facts.ts'

/**
 * What stolen keys of a closed epoch sign becomes nobody's fact (5.6), but for what a handover lists: that may have had
 * a quorum once, and is the same whoever shows it. Nor may a key that minted once mint in a later epoch.
 */
export const createClosedFactsChecker: CreateChecker = (facts, report) => {
  const listed = createListedFacts()
  /** What has a certificate that no stolen key made: another one for it proves the same. */
  const genuine = new Set<string>()

  return {
    observe: (observation) => void listed.observe(observation),
    stored(peer, writes) {
      const written = writes.flatMap(({ key, value }) => (value === null ? [] : [[key, value] as const]))
      const isNew = written.filter(([key]) => isFact(key))
      const { chains, jobs, resolutions } = facts.read(new Map(isNew))
      for (const { entries } of [...resolutions.values()].flat())
        for (const { id } of entries) genuine.add(id)
      for (const { id, quorum, entry } of [...chains.values()].flat()) {
        const place = `${entry.body.account}/${entry.body.seq}`
        const isForged = quorum.sigs.some(facts.isForged)
        if (!isForged) genuine.add(id)
        if (listed.has(id)) continue
        if (isForged && !genuine.has(id)) report(`${peer} takes a stolen key's certificate for ${place}`)
        const { minters = [] } = facts.epochOf(quorum.epoch) ?? {}
        const isMint = entry.body.ops.some(({ type }) => type === 'mint')
        if (isMint && !minters.some((minter) => minter === entry.body.account))
          report(`${peer} takes a mint of epoch ${quorum.epoch} by none of its minters: ${place}`)
      }
      for (const { job, step, quorum, value } of [...jobs.values()].flat())
        if (quorum.sigs.some(facts.isForged) && !listed.has(tagged('value', encodeBody(valueCodec, value))))
          report(`${peer} takes a stolen key's decision for ${job}/${step}`)
    },
  }
}
