import { decodeEnvelope, decodeKind } from '../../protocol/encoding/envelope.ts'
import { TRUSTED } from '../../protocol/encoding/evidence.ts'
import type { PeerId } from '../../protocol/ids.ts'
import { keys } from '../../protocol/records/keys.ts'
import type { CreateChecker } from './checker.ts'

/**
 * A witness that has stopped for an order says nothing as a witness but what concerns the next epoch, until that has
 * begun, across any crash (5.6); what it has sealed it may send again. It counts from the record on: that goes before whatever shows the stop.
 */
export const createStopKeptChecker: CreateChecker = (facts, report) => {
  const stopped = new Set<PeerId>()
  return {
    observe(observation) {
      const { peer, type } = observation
      if (type === 'started') {
        if (facts.durable(peer).has(keys.epochStop)) stopped.add(peer)
        else stopped.delete(peer)
      }
      if (type !== 'effect') return
      const { effect } = observation
      if (effect.type === 'persist') {
        for (const { key, value } of effect.writes) {
          if (key !== keys.epochStop) continue
          if (value === null) stopped.delete(peer)
          else stopped.add(peer)
        }
      }
      if (effect.type !== 'send' || !stopped.has(peer)) return
      const said = wordIn(effect.frame)
      if (said !== undefined) report(`${peer} has stopped and sends ${said}`)
    },
  }
}

/** What binds a witness to anything but the change; undefined for all else. */
function wordIn(frame: Uint8Array): string | undefined {
  const { kind, body } = decodeEnvelope(frame)
  const about = (instance: string) =>
    instance.startsWith('epoch/') ? undefined : `a ${kind} for ${instance}`
  switch (kind) {
    case 'vote':
      return 'a vote'
    case 'prepare':
    case 'commit':
      return about(decodeKind(kind, body, TRUSTED).instance)
    case 'promised':
      return about(decodeKind(kind, body, TRUSTED).newview.body.instance)
    default:
      return undefined
  }
}
