import { decodeBody } from '../../protocol/encoding/body.ts'
import { TRUSTED } from '../../protocol/encoding/evidence.ts'
import type { BodyOf } from '../../protocol/encoding/kinds.ts'
import { SEAL } from '../../protocol/jobs/messages.ts'
import type { CreateChecker } from './checker.ts'

/** A commit that a correct witness has acknowledged is in its seal, whatever it went through in between (12.7). */
export const createHeldKeptChecker: CreateChecker = (facts, report) => {
  const held = new Map<string, Set<string>>()
  const sealed = new Map<string, ReadonlySet<string>>()

  const compare = (name: string) => {
    const inSeal = sealed.get(name)
    if (inSeal === undefined) return
    for (const commitment of held.get(name) ?? [])
      if (!inSeal.has(commitment)) report(`a commit is acknowledged and not in the seal: ${name}`)
  }

  return {
    evidence(peer, { message, signed }) {
      if (message?.kind === 'held' && facts.correct.has(peer)) {
        const { job, step, commitment } = message.body as BodyOf<'held'>
        const name = `${peer} ${job}/${step}`
        held.set(name, (held.get(name) ?? new Set<string>()).add(commitment))
        compare(name)
      }
      for (const { kind, signer, body } of signed) {
        // Of what others show as its seal, its own mouth's is the first.
        if (kind !== SEAL.kind || signer !== peer || !facts.correct.has(peer)) continue
        const { job, step, commits } = decodeBody(SEAL.body, body, kind, TRUSTED)
        const name = `${peer} ${job}/${step}`
        if (sealed.has(name)) continue
        sealed.set(name, new Set(commits.map((commit) => commit.body.commitment)))
        compare(name)
      }
    },
  }
}
