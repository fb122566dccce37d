import { decodeRecord, encodeBody } from '../encoding/body.ts'
import { flag, list, struct, text } from '../encoding/codec.ts'
import type { PeerId } from '../ids.ts'
import { LIMITS } from '../params.ts'
import type { Outbox } from '../peer/outbox.ts'
import { keys, ownText, PREFIXES } from '../records/keys.ts'
import type { StoredRecord } from '../records/record.ts'
import type { Charter } from './charter.ts'
import { createLabels } from './labels.ts'
import type { Joined, Member } from './member.ts'

const ROLES_MAX = 4
const joinedRecord = struct({
  roles: list(text({ min: 1, max: LIMITS.labelBytes }), { max: ROLES_MAX }),
  operator: text({ min: 1, max: LIMITS.labelBytes }),
  isUninvited: flag,
})

/**
 * Who belongs to the swarm (2): the charter's founders and whoever a certified `join` names, less whom a certified
 * `revoke` names. Both are sets that only grow, so the order in which facts arrive makes no difference.
 */
export interface Members {
  /** Undefined for a revoked one too, unless it `staysAnyway`. */
  get(peer: PeerId, staysAnyway: boolean): Member | undefined
  all(staysAnyway: (peer: PeerId) => boolean): Iterable<Member>
  /** Whether the operators have revoked a peer's membership or a token. */
  isRevoked(key: PeerId): boolean
  admit(out: Outbox, joined: Joined): void
  revoke(out: Outbox, key: PeerId): void
  restore(record: StoredRecord): boolean
}

export function createMembers(charter: Charter): Members {
  const labels = createLabels()
  const revoked = new Set<PeerId>()
  const members = new Map<PeerId, Member>()

  function take({ peer, roles, operator, isUninvited }: Omit<Joined, 'token'>): void {
    const before = members.get(peer)
    if (before !== undefined) labels.link(before.operator, operator)
    members.set(peer, {
      peer,
      roles: [...new Set([...(before?.roles ?? []), ...roles])].sort(),
      get operator() {
        return labels.operatorOf(operator)
      },
      get labels() {
        return labels.groupOf(operator)
      },
      isUninvited: isUninvited && before?.isUninvited !== false,
    })
  }

  for (const founder of charter.founders) take({ ...founder, isUninvited: false })

  return {
    get: (peer, staysAnyway) => (revoked.has(peer) && !staysAnyway ? undefined : members.get(peer)),
    *all(staysAnyway) {
      for (const member of members.values())
        if (!revoked.has(member.peer) || staysAnyway(member.peer)) yield member
    },
    isRevoked: (key) => revoked.has(key),
    admit(out, joined) {
      take(joined)
      const { roles, operator, isUninvited } = joined
      out.write(
        keys.member(joined.peer, joined.token),
        encodeBody(joinedRecord, { roles, operator, isUninvited }),
      )
      out.emit({ type: 'roster', key: joined.peer })
    },
    revoke(out, key) {
      revoked.add(key)
      out.write(keys.revoked(key), new Uint8Array(0))
      out.emit({ type: 'roster', key })
    },
    restore({ key, value }) {
      if (key.startsWith(PREFIXES.revoked)) {
        revoked.add(ownText(key.slice(PREFIXES.revoked.length)) as PeerId)
        return true
      }
      if (!key.startsWith(PREFIXES.member)) return false
      // Keys of this peer's own store were written from ids.
      const [peer = ''] = key.slice(PREFIXES.member.length).split('/')
      take({ peer: ownText(peer) as PeerId, ...decodeRecord(joinedRecord, value, key) })
      return true
    },
  }
}
