import { describe, expect, it } from 'vitest'
import type { LedgerRoot, Self } from '../../../protocol/api/network-schema.ts'
import { PEERS, payer } from '../../api/sample-swarm.ts'
import { judgeConvergence, judgeMembership, judgeReachability, judgeWitnesses } from './judge-swarm.ts'

const NOW = '2026-01-02T03:04:05.000Z'
type Connections = Self['connections']
const linkOf = (at: number, direction: 'inbound' | 'outbound'): Connections[number] => ({
  peer_id: PEERS[at] ?? payer,
  address: '/ip4/10.0.0.2/tcp/9',
  direction,
  agent: null,
  latency_ms: null,
})

function selfOf(over: Partial<Self>): Self {
  return {
    peer_id: payer,
    operator: null,
    witness: true,
    votes: true,
    swarm_id: '',
    swarm_name: '',
    treasury: payer,
    version: '',
    addresses: [],
    connections: [],
    ...over,
  }
}

describe('reachability', () => {
  const loopback = ['/ip4/127.0.0.1/tcp/9', '/ip6/::1/tcp/9/ws']
  const wide = [...loopback, '/ip4/10.0.0.1/tcp/9']
  it.each([
    ['no address', [], [], 4, 'fail', 'listen_wider'],
    ['loopback, alone', loopback, [], 1, 'ok', undefined],
    ['loopback, with others of this machine', loopback, [linkOf(1, 'outbound')], 4, 'ok', undefined],
    ['loopback, with nobody', loopback, [], 4, 'warn', 'listen_wider'],
    ['dialled', wide, [linkOf(1, 'inbound')], 4, 'ok', undefined],
    ['only dialling', wide, [linkOf(1, 'outbound'), linkOf(2, 'outbound')], 4, 'warn', 'listen_wider'],
    ['connected to nobody', wide, [], 4, 'warn', 'connect_others'],
    ['wide, alone', wide, [], 1, 'ok', undefined],
  ] as const)('%s', (_name, addresses, connections, members, status, fix) => {
    const finding = judgeReachability(
      selfOf({ addresses: [...addresses], connections: [...connections] }),
      members,
    )
    expect([finding.status, finding.fix?.code]).toEqual([status, fix])
    if (addresses === loopback) expect(finding.sentence).toContain('loopback only')
  })
})

it.each([
  ['member', 'ok', undefined],
  ['leaving', 'fail', 'demote_witness'],
  ['revoked', 'fail', 'ask_operators'],
  ['refused', 'fail', 'ask_operators'],
] as const)('a peer whose standing is %s', (standing, status, fix) => {
  const finding = judgeMembership({ standing })
  expect([finding.status, finding.fix?.code]).toEqual([status, fix])
})

describe('witnesses', () => {
  const judge = (
    total: number,
    needed: number,
    reached: number,
    { forgetful = false, witness = true, lost = 0 } = {},
  ) =>
    judgeWitnesses(
      {
        witnesses: {
          total,
          needed,
          reached,
          away: PEERS.slice(0, total - reached - lost),
          lost: PEERS.slice(4 - lost),
        },
        store: { status: 'sound', damage: null, moved_to: null, forgetful },
      },
      selfOf({ witness }),
    )
  it.each([
    [4, 3, 4, 'ok', /1 may stop at a time/],
    [4, 3, 3, 'warn', /if one more stops, nothing is certified/],
    [4, 3, 2, 'fail', /nothing is certified/],
    [7, 5, 6, 'warn', /1 more may stop/],
    [3, 3, 3, 'warn', /if one stops, nothing is certified/],
    [1, 1, 1, 'warn', /if its disk is lost/],
    [1, 1, 0, 'fail', /nothing is certified/],
  ] as const)('%i, of which %i are needed and %i reached', (total, needed, reached, status, sentence) => {
    const finding = judge(total, needed, reached)
    expect(finding.status).toBe(status)
    expect(finding.sentence).toMatch(sentence)
  })

  it.each([
    [4, 3, 3, 1, 'warn', /never votes again.*none of them may stop/],
    [4, 3, 2, 1, 'fail', /2 are reached while 3 are needed/],
    [4, 3, 2, 2, 'fail', /only 2 of 4 can vote at all/],
    [7, 5, 6, 1, 'warn', /6 of the others are reached, and 1 of them/],
  ] as const)(
    '%i, of which %i are needed, %i reached and %i never vote again',
    (total, needed, reached, lost, status, sentence) => {
      const finding = judge(total, needed, reached, { lost })
      expect(finding).toMatchObject({ status, fix: { code: 'replace_witness' } })
      expect(finding.sentence).toMatch(sentence)
    },
  )

  it('that forgot are to be replaced, whatever is reached', () => {
    expect(judge(4, 3, 4, { forgetful: true })).toMatchObject({
      status: 'fail',
      fix: { code: 'replace_witness' },
    })
    expect(judge(4, 3, 4, { forgetful: true, witness: false }).status).toBe('ok')
  })
})

describe('convergence', () => {
  const look = (roots: readonly string[], converged = false): LedgerRoot => ({
    peer_id: payer,
    root: 'a',
    entries: 1,
    converged,
    reported: roots.map((root, at) => ({ node_id: PEERS[at] ?? payer, root, seen_at: NOW })),
  })
  it.each([
    ['nobody to compare with', [look([])], 'ok'],
    ['level', [look(['a', 'a', 'a'], true)], 'ok'],
    ['level after a moment', [look(['b', 'a', 'a']), look(['a', 'a', 'a'], true)], 'ok'],
    ['one other behind', [look(['b', 'a', 'a'])], 'warn'],
    ['three different ones', [look(['b', 'c', 'd'])], 'warn'],
    ['alone against a quorum', [look(['b', 'b', 'b'])], 'fail'],
    ['with the quorum', [look(['a', 'a', 'a', 'b'])], 'warn'],
  ] as const)('%s', (_name, looks, status) => {
    expect(judgeConvergence(looks, 3).status).toBe(status)
  })
})
