import { decisionCodec } from '../../protocol/agreement/messages.ts'
import { decodeBody, encodeBody } from '../../protocol/encoding/body.ts'
import { TRUSTED } from '../../protocol/encoding/evidence.ts'
import { valueCodec } from '../../protocol/agreement/value.ts'
import { type Piece, pieceCodec } from '../../protocol/epoch/messages.ts'
import { PREFIXES } from '../../protocol/records/keys.ts'
import type { Write } from '../../protocol/records/record.ts'
import type { CreateChecker } from './checker.ts'
import { entryIdOf, isFact, tagged } from './stored-facts.ts'

/**
 * What stolen keys of a closed epoch sign becomes nobody's fact (5.6), but for what a handover lists: that may have had
 * a quorum once, and is the same whoever shows it. Nor may a key that minted once mint in a later epoch.
 */
export const createClosedFactsChecker: CreateChecker = (facts, report) => {
  const pieces = new Map<string, Piece>()
  const listed = new Set<string>()
  /** What has a certificate that no stolen key made: another one for it proves the same. */
  const genuine = new Set<string>()

  const learn = ({ key, value }: Write) => {
    if (value === null) return
    if (key.startsWith(PREFIXES.handover)) {
      pieces.set(key.slice(PREFIXES.handover.length), decodeBody(pieceCodec, value, key, TRUSTED))
    } else if (key.startsWith(PREFIXES.epochDecision)) {
      const decision = decodeBody(decisionCodec, value, key, TRUSTED)
      if (decision.value.type !== 'epoch') return
      const list = pieces.get(decision.value.handover)
      for (const name of list?.type === 'list' ? list.parts : []) {
        const part = pieces.get(name)
        if (part?.type !== 'part') continue
        for (const entry of part.locks) listed.add(entryIdOf(entry.bytes))
        for (const one of part.prepared) listed.add(tagged('value', encodeBody(valueCodec, one.value)))
      }
    }
  }

  return {
    observe(observation) {
      if (observation.type === 'effect' && observation.effect.type === 'persist')
        observation.effect.writes.forEach(learn)
    },
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
