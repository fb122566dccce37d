import type { RevocationAnswer } from '../../protocol/api/swarm-schema.ts'
import type { EntryId, PeerId } from '../../protocol/ids.ts'
import { PARTIAL_REVOCATION } from '../../protocol/swarm/invitation-text.ts'
import type { SignedRevocation } from '../../protocol/swarm/invitation.ts'
import { revocationSignatures } from '../../protocol/swarm/inviting.ts'
import type { Roster } from '../../protocol/swarm/roster.ts'
import type { Backend } from './backend.ts'
import { nameIn } from './epoch-names.ts'
import { ApiProblem } from './problem.ts'

/** More revocations than this are never on their way at once: one takes some tenths of a second. */
const UNDERWAY_MAX = 256

/** Revocations that this peer brings, each once. */
export interface Revoking {
  /** What it says, for whoever is asked to sign it. */
  show(revocation: SignedRevocation): RevocationAnswer
  /** Submits it where enough operators have signed, and nobody did before; else it goes to the next one. */
  bring(revocation: SignedRevocation): Promise<RevocationAnswer>
}

export function createRevoking(backend: Backend): Revoking {
  const { view } = backend
  /** Entries that aren't applied yet, so that the roster doesn't say it. */
  const underway = new Map<PeerId, EntryId>()

  function aboutOf(revocation: SignedRevocation) {
    const { given, needed } = revocationSignatures(revocation, view.roster)
    const { key } = revocation.body
    return { key, warnings: warningsOf(view.roster, view.self, key), signatures: given, needed }
  }

  /** The entry that brings it; one that lost its place in a fork brings nothing, and it may be brought again. */
  async function entryOf(key: PeerId): Promise<EntryId | undefined> {
    const entry = underway.get(key)
    if (entry === undefined || (await backend.ledger.stateOf(entry)) !== 'void') return entry
    underway.delete(key)
    return undefined
  }

  return {
    show: (revocation) => ({ kind: 'unconfirmed', text: null, entry_id: null, ...aboutOf(revocation) }),
    async bring(revocation) {
      const about = aboutOf(revocation)
      const { key } = about
      const known = await entryOf(key)
      if (view.roster.isRevoked(key) || known !== undefined)
        return { kind: 'unchanged', text: null, entry_id: known ?? null, ...about }
      if (about.signatures < about.needed) {
        const text = PARTIAL_REVOCATION.write({ swarm: view.swarm, revocation })
        return { kind: 'partial', text, entry_id: null, ...about }
      }
      const result = await backend.command({ type: 'revoke', revocation })
      if (!result.ok) throw new ApiProblem(result.code, result.detail)
      if (result.type !== 'entry') throw new TypeError(`the mind answered a revocation with "${result.type}"`)
      if (underway.size >= UNDERWAY_MAX) underway.clear()
      underway.set(key, result.entry)
      return { kind: 'revocation', text: null, entry_id: result.entry, ...about }
    },
  }
}

/** Whom it concerns, and what it takes away. */
function warningsOf(roster: Roster, self: PeerId, key: PeerId): string[] {
  const member = roster.member(key)
  if (member === undefined)
    return ['No member has that key: where it is the token of an invitation, nobody can use that any more.']
  return [
    `It ends the membership of ${nameIn(roster)(key)}, for good under this key.`,
    ...(key === self ? ['That is this peer itself.'] : []),
    ...(roster.isWitness(key)
      ? [
          `It is a witness, and goes on as one, connections included, until an epoch drops it. Next: hyperlooms swarm demote ${key}`,
        ]
      : ['Connections of it end as members hear of it.']),
  ]
}
