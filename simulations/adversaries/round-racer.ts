import { PROPOSAL, valueDigestOf } from '../../protocol/agreement/messages.ts'
import { nextTurnOf } from '../../protocol/agreement/round.ts'
import type { NewView } from '../../protocol/agreement/messages.ts'
import { type Signed, sign } from '../../protocol/encoding/signed.ts'
import type { BodyOf } from '../../protocol/encoding/kinds.ts'
import type { InstanceId } from '../../protocol/ids.ts'
import type { Message } from '../../protocol/intake/message.ts'
import { type CreateAdversary, plain, toWitnesses } from './adversary.ts'

const TURNS_AHEAD = 3
const INSTANCES_MAX = 16

interface Race {
  round: number
  readonly promises: Map<string, Signed<NewView>>
}

/**
 * Takes its turns before their time, one right after the other, and proposes some value that it has seen in
 * every one of them, whatever the promises bind it to.
 */
export const createRoundRacer: CreateAdversary = (means) => {
  const { signer, roster, random } = means
  const values = new Map<InstanceId, BodyOf<'propose'>['value'][]>()
  const races = new Map<InstanceId, Race>()

  const learn = (message: Message) => {
    if (message.kind !== 'propose' || values.size >= INSTANCES_MAX) return
    const { instance } = message.body.proposal.body
    values.set(instance, [...(values.get(instance) ?? []), message.body.value].slice(-TURNS_AHEAD))
  }

  const onPromised = ({ newview }: BodyOf<'promised'>) => {
    const { instance, epoch, round } = newview.body
    const race = races.get(instance)
    const known = values.get(instance) ?? []
    if (race === undefined || race.round !== round || known.length === 0) return []
    race.promises.set(newview.signer, newview)
    if (race.promises.size < roster.epoch.sizes.quorum) return []
    const value = random.pick(known)
    const ballot = { instance, epoch, round, value: valueDigestOf(value) }
    const proposal = sign(signer, roster.swarm, PROPOSAL, ballot)
    const newviews = [...race.promises.values()]
    return toWitnesses(means, (to) => plain(means, to, 'propose', { proposal, value, newviews }))
  }

  return {
    incoming(message) {
      learn(message)
      return message.kind === 'promised' ? onPromised(message.body) : []
    },
    tick: () =>
      [...values.keys()].flatMap((instance) => {
        const from = races.get(instance)?.round ?? 0
        const ahead = random.below(TURNS_AHEAD)
        const round = nextTurnOf(signer.id, instance, from + 1 + ahead, roster.epoch)
        races.set(instance, { round, promises: new Map() })
        const asked = { instance, epoch: roster.epoch.number, round, newviews: [] }
        return toWitnesses(means, (to) => plain(means, to, 'newview-request', asked))
      }),
  }
}
