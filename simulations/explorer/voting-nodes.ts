import { Agreement, type AgreementMessage } from '../../protocol/agreement/agreement.ts'
import { COMMIT_BALLOT, NEWVIEW, PREPARE, valueDigestOf } from '../../protocol/agreement/messages.ts'
import { proposerOf } from '../../protocol/agreement/round.ts'
import type { Signer } from '../../protocol/crypto/signer.ts'
import { plainFrame, signedFrame } from '../../protocol/encoding/envelope.ts'
import { sign } from '../../protocol/encoding/signed.ts'
import { jobInstance, type PeerId } from '../../protocol/ids.ts'
import { jobIdOf } from '../../protocol/ledger/entry.ts'
import type { JobValue } from '../../protocol/jobs/value.ts'
import { EventOutbox } from '../../protocol/peer/event-outbox.ts'
import type { Actor, Model, NodeSpec, Sent } from './model.ts'
import { createWitnessDuty } from '../../protocol/swarm/witness-duty.ts'
import { createSmallSwarm, type SmallSwarm } from './small-swarm.ts'
import { createCarriedValues } from '../../protocol/agreement/carried.ts'

export const ONE: JobValue = { type: 'void', reason: 'unassigned', cancel: null }
export const OTHER: JobValue = { type: 'void', reason: 'expired', cancel: null }
/** Long after every round's time has come. */
const NOW_MS = 1_000_000_000
const TURN_ROUND = 2

/** Who plays what in one instance of an agreement. */
export interface Roles {
  readonly swarm: SmallSwarm
  readonly instance: ReturnType<typeof jobInstance>
  /** Proposes `ONE` in round 0. */
  readonly natural: Signer
  /** Proposes `OTHER` in round 2, unless it is bound. */
  readonly rival: Signer
  /** The others. */
  readonly voters: readonly Signer[]
}

export function rolesOf(count: number): Roles {
  const swarm = createSmallSwarm(count)
  const instance = jobInstance(jobIdOf(swarm.minter.id, 0), 0)
  const { epoch } = swarm.roster
  const rivalId = proposerOf(instance, TURN_ROUND, swarm.minter.id, epoch)
  const rival = swarm.witnesses.find(({ id }) => id === rivalId)
  const [natural, ...voters] = swarm.witnesses.filter(({ id }) => id !== rivalId)
  if (rival === undefined || natural === undefined) throw new Error('a swarm has two witnesses')
  return { swarm, instance, natural, rival, voters }
}

/** What every agreement of two proposers has in common. */
export const VOTING = {
  delivered: new Set(['propose', 'prepare', 'prepared', 'commit', 'newview-request', 'promised']),
  counted: new Set(['prepare', 'commit', 'promised']),
  crashes: 1,
  turns: 1,
} as const satisfies Partial<Model>

/** A witness to whom any value is valid and whom no guard holds back: nothing but the voting decides. */
export function nodeOf({ swarm, instance, natural, rival }: Roles, signer: Signer): NodeSpec {
  const { roster, witnesses } = swarm
  const create = (): Actor => {
    const agreement = new Agreement({
      signer,
      roster,
      duty: createWitnessDuty(signer.id, roster),
      rules: {
        naturalProposer: () => natural.id,
        dueAt: () => 0,
        judge: () => ({ verdict: 'prepare' }),
        build: () => (signer === natural ? ONE : OTHER),
        learn: () => undefined,
      },
      decided(out, decision, from) {
        if (from !== signer.id) return
        for (const { id } of witnesses) if (id !== signer.id) out.send(id, 'decision', decision)
      },
      serve: { entries: () => 'served' },
      serveDecided: () => false,
      serveEpochs: () => undefined,
      carried: createCarriedValues(),
    })
    let position = 0
    return {
      restore: (record) => agreement.restore(record),
      handle(happening) {
        const out = new EventOutbox(signer.id, roster.swarm, NOW_MS)
        if (happening.type === 'start') agreement.stir(out, instance)
        else if (happening.type === 'turn') agreement.onTimer(out, `agree/turn/${instance}`)
        else agreement.onMessage(out, happening.message as AgreementMessage)
        const sealed = out.seal(position)
        position = sealed.position
        return sealed.effects
      },
    }
  }
  return { id: signer.id, create, hasTurn: signer === rival }
}

/** Everything that could be asked of a witness, answered with yes before it is asked. */
export function liesOf({ swarm, instance, natural, rival }: Roles, liar: Signer): readonly Sent[] {
  const { swarm: id, epoch } = swarm.roster
  const yes = (to: PeerId, round: number, value: JobValue): readonly Sent[] => {
    const body = { instance, epoch: epoch.number, round, value: valueDigestOf(value) }
    return [
      { from: liar.id, to, frame: signedFrame(id, 'prepare', sign(liar, id, PREPARE, body)) },
      { from: liar.id, to, frame: signedFrame(id, 'commit', sign(liar, id, COMMIT_BALLOT, body)) },
    ]
  }
  const promise = { instance, epoch: epoch.number, round: TURN_ROUND, prepared: null }
  const newview = sign(liar, id, NEWVIEW, promise)
  const promised = plainFrame(id, liar.id, 'promised', { newview, value: null })
  return [
    ...yes(natural.id, 0, ONE),
    ...yes(rival.id, TURN_ROUND, ONE),
    ...yes(rival.id, TURN_ROUND, OTHER),
    { from: liar.id, to: rival.id, frame: promised },
  ]
}
