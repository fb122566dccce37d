import type { Diagnosis } from '../../../protocol/api/control-schema.ts'
import type { LedgerRoot, Self } from '../../../protocol/api/network-schema.ts'
import { counted } from '../counted.ts'
import { fail, fine, type Finding, warn } from './finding.ts'

const LOOPBACK = /^\/(ip4\/127\.|ip6\/::1\/|dns4?\/localhost\/)/

/** What can be told without asking others to dial: who has dialled already, and which addresses are announced. */
export function judgeReachability({ addresses, connections }: Self, members: number): Finding {
  if (addresses.length === 0) {
    return fail('reachability', 'This peer listens on no address, so nobody can dial it.', 'listen_wider')
  }
  const dialled = new Set(
    connections.filter(({ direction }) => direction === 'inbound').map(({ peer_id: id }) => id),
  ).size
  const isLoopbackOnly = addresses.every((address) => LOOPBACK.test(address))
  if (isLoopbackOnly) {
    const only = 'It listens on loopback only: nothing beyond this machine can reach it'
    if (members === 1) return fine('reachability', `${only}, and the swarm has no other member.`)
    if (connections.length > 0) {
      return fine(
        'reachability',
        `${only}; it is connected to ${counted(countOf(connections), 'peer')} of this machine.`,
      )
    }
    return warn('reachability', `${only}, and it is connected to nobody.`, 'listen_wider')
  }
  if (dialled > 0)
    return fine(
      'reachability',
      dialled === 1 ? 'One peer has dialled this one.' : `${dialled} peers have dialled this one.`,
    )
  if (members === 1)
    return fine('reachability', `It announces ${addresses.length} addresses; nobody is there to dial them.`)
  if (connections.length === 0)
    return warn('reachability', 'It is connected to no other member.', 'connect_others')
  const sentence = `It is connected to ${counted(countOf(connections), 'peer')}, and dialled each of them itself: whether others can dial it is not known.`
  return warn('reachability', sentence, 'listen_wider')
}

function countOf(connections: Self['connections']): number {
  return new Set(connections.map(({ peer_id: id }) => id)).size
}

/** Whether the swarm takes this peer for a member, as far as it can know. */
export function judgeMembership({ standing }: Pick<Diagnosis, 'standing'>): Finding {
  switch (standing) {
    case 'member':
      return fine('membership', 'Nothing says that the membership of this peer has ended.')
    case 'leaving':
      return fail(
        'membership',
        'The operators have revoked this peer; it is a witness until an epoch drops it.',
        'demote_witness',
      )
    case 'revoked':
      return fail('membership', 'The operators have revoked this peer.', 'ask_operators')
    case 'refused':
      return fail('membership', 'Others refuse this peer: it may have been revoked.', 'ask_operators')
  }
}

/** Whether anything can be certified now, and what happens if one more machine stops. */
export function judgeWitnesses(
  { witnesses, store }: Pick<Diagnosis, 'witnesses' | 'store'>,
  self: Self,
): Finding {
  const { total, needed, reached, away } = witnesses
  if (self.witness && store.forgetful) {
    const sentence = 'This witness has lost records and never votes again: the swarm counts it as gone.'
    return fail('witnesses', sentence, 'replace_witness')
  }
  if (total === 1) {
    const sentence = `The swarm has one witness${self.witness ? ', this peer' : ''}: if its disk is lost, the ledger is lost.`
    return reached === 0 ? lost(witnesses) : warn('witnesses', sentence, 'add_witnesses')
  }
  if (witnesses.lost.length > 0) return forgetful(witnesses)
  if (reached < needed) return lost(witnesses)
  const spare = reached - needed
  const state = `${reached} of ${total} witnesses are reached, ${needed} are needed`
  if (away.length > 0) {
    const next =
      spare === 0 ? 'if one more stops, nothing is certified until it is back' : `${spare} more may stop`
    return warn('witnesses', `${state}; ${next}.`, 'reach_witnesses')
  }
  const next =
    spare === 0 ? 'if one stops, nothing is certified until it is back' : `${spare} may stop at a time`
  return spare === 0
    ? warn('witnesses', `${state}; ${next}.`, 'add_witnesses')
    : fine('witnesses', `${state}; ${next}.`)
}

/** Whatever is reached, those that never vote again are replaced first. */
function forgetful({ total, needed, reached, lost: gone }: Diagnosis['witnesses']): Finding {
  const able = total - gone.length
  const who = `${counted(gone.length, 'witness', 'witnesses')} lost records and never ${gone.length === 1 ? 'votes' : 'vote'} again (${gone.join(', ')})`
  if (able < needed) {
    const sentence = `${who}: only ${able} of ${total} can vote at all and ${needed} are needed, so nothing is certified.`
    return fail('witnesses', sentence, 'replace_witness')
  }
  if (reached < needed) {
    const sentence = `${who}, and of the others ${reached} are reached while ${needed} are needed: nothing is certified.`
    return fail('witnesses', sentence, 'replace_witness')
  }
  const left = reached - needed
  const sentence = `${who}; ${reached} of the others are reached, and ${left === 0 ? 'none' : left} of them may stop.`
  return warn('witnesses', sentence, 'replace_witness')
}

function lost({ total, needed, reached }: Diagnosis['witnesses']): Finding {
  const sentence = `${reached} of ${total} witnesses are reached and ${needed} are needed: nothing is certified.`
  return fail('witnesses', sentence, 'reach_witnesses')
}

/** The newest roots that others reported against this one; `looks` are in the order of time. */
export function judgeConvergence(looks: readonly LedgerRoot[], needed: number): Finding {
  const last = looks.at(-1)
  if (last === undefined || last.reported.length === 0) {
    return fine('convergence', 'No other member has reported its ledger, so there is none to compare with.')
  }
  if (looks.some(({ converged }) => converged)) {
    const equal = last.reported.filter(({ root }) => root === last.root).length
    return fine(
      'convergence',
      `The ledger is the same as that of ${equal} of ${last.reported.length} others.`,
    )
  }
  const others = Map.groupBy(last.reported, ({ root }) => root)
  const [most = []] = [...others.values()].sort((a, b) => b.length - a.length)
  const differing = last.reported.filter(({ root }) => root !== last.root).length
  const sentence = `${differing} of ${last.reported.length} other ledgers differ from this one (${last.root.slice(0, 12)}).`
  const isAlone = most.length >= needed && most[0]?.root !== last.root
  return isAlone
    ? fail('convergence', `${sentence} A quorum agrees on another.`, 'wait_for_sync')
    : warn('convergence', sentence, 'wait_for_sync')
}
