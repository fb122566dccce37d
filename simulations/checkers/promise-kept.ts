import { ballotCodec, COMMIT_BALLOT, NEWVIEW, PREPARE } from '../../protocol/agreement/messages.ts'
import { decodeBody } from '../../protocol/encoding/body.ts'
import { TRUSTED } from '../../protocol/encoding/evidence.ts'
import type { CreateChecker } from './checker.ts'

/**
 * Who promised a round takes part in no lower one any more (5.3), across any crash: no prepare or commit of a
 * lower round leaves a correct peer after its NewView did.
 */
export const createPromiseKeptChecker: CreateChecker = (facts, report) => {
  const promised = new Map<string, number>()
  return {
    evidence(peer, { signed }) {
      for (const { kind, signer, body } of signed) {
        // Others carry its old words around; its own mouth is what promises are about. Rounds are an epoch's own.
        if (signer !== peer || !facts.correct.has(peer)) continue
        if (kind === NEWVIEW.kind) {
          const { instance, epoch, round } = decodeBody(NEWVIEW.body, body, kind, TRUSTED)
          const name = `${peer} ${instance} ${epoch}`
          promised.set(name, Math.max(round, promised.get(name) ?? 0))
        } else if (kind === PREPARE.kind || kind === COMMIT_BALLOT.kind) {
          const { instance, epoch, round } = decodeBody(ballotCodec, body, kind, TRUSTED)
          const promise = promised.get(`${peer} ${instance} ${epoch}`) ?? 0
          if (round < promise)
            report(`${peer} promised ${promise} and signs a ${kind} of ${round}: ${instance}`)
        }
      }
    },
  }
}
