import { expect, it } from 'vitest'
import { mintVerified } from '../crypto/verified.ts'
import { decodeEnvelope, plainFrame } from '../encoding/envelope.ts'
import { signTogether } from '../encoding/multi-signed.ts'
import { type BodyOf, KINDS } from '../encoding/kinds.ts'
import type { PlainKindName } from '../peer/outbox.ts'
import { EPOCH_ORDER } from '../swarm/governance.ts'
import { LOADS_OPEN_MAX } from '../sync/serve.ts'
import { TestEpochs } from './testing-orders.ts'

/** Kinds that a witness of the second epoch says to whoever asks it for the same again, none of whose loads is answered. */
function asking<K extends PlainKindName>(kind: K, bodyOf: (epochs: TestEpochs) => BodyOf<K>, times: number) {
  const epochs = new TestEpochs(4)
  epochs.change(epochs.order([0, 1, 2, 4]))
  const [asker, mind] = [epochs.id(6), epochs.minds.mindOf(epochs.id(0))]
  const frame = plainFrame(epochs.minds.roster.swarm, asker, kind, bodyOf(epochs))
  return Array.from({ length: times }, () => {
    const inspected = mind.inspect(frame, { from: asker, via: KINDS[kind].via })
    if (!inspected.ok) throw new Error(`dropped as ${inspected.code}`)
    const message = mintVerified(
      inspected.candidate,
      inspected.candidate.checks.map(() => true),
    )
    if (message === undefined) throw new Error('not verified')
    const effects = mind.handle({ type: 'message', message }, epochs.minds.now)
    return effects.flatMap((effect) =>
      effect.type === 'load' ? ['load'] : effect.type === 'send' ? [decodeEnvelope(effect.frame).kind] : [],
    )
  })
}

/** One that hasn't heard that the epoch has begun goes on ordering it. */
const begun = (epochs: TestEpochs) => {
  const { governance, swarm } = epochs.view(0).roster
  const order = signTogether([epochs.signer(0)], swarm, EPOCH_ORDER, { number: 1, governance })
  return { order, accepts: [], root: null }
}

it.each<[string, () => readonly (readonly string[])[]]>([
  [
    'pieces of a closed state',
    () => asking('closing-request', () => ({ number: 0, bucket: null, page: 0 }), LOADS_OPEN_MAX + 1),
  ],
  [
    'parts of a handover',
    () => asking('handover-fetch', () => ({ piece: 'a'.repeat(64) as never }), LOADS_OPEN_MAX + 1),
  ],
  ['decisions on epochs', () => asking('epoch-order', begun, LOADS_OPEN_MAX + 1)],
])('whoever asks for %s is given so much at a time, and told to wait', (_name, ask) => {
  const answers = ask()
  expect(answers.slice(0, -1)).toEqual(Array.from({ length: LOADS_OPEN_MAX }, () => ['load']))
  expect(answers.at(-1)).toEqual(['sync-busy'])
})
