import { expect, it } from 'vitest'
import { hash } from '../crypto/digest.ts'
import { sign } from '../encoding/signed.ts'
import type { PeerId } from '../ids.ts'
import { jobIdOf } from '../ledger/entry.ts'
import { testCharter, testSigner, testSpec } from '../ledger/testing-mind.ts'
import { TIMES } from '../params.ts'
import { rosterOf } from '../swarm/live-roster.ts'
import type { Roster } from '../swarm/roster.ts'
import { foundingSnapshot } from '../trust/snapshot.ts'
import { buildAssign, judgeAssign } from './assign.ts'
import type { JobContext } from './context.ts'
import { BEACON, BID } from './messages.ts'
import { pendingRecord } from './offering.ts'
import { type OpenJob, openJobOf } from './open-job.ts'

const SIGNERS = [0, 1, 2, 3].map(testSigner)
const [PAYER = testSigner(0), BIDDER = testSigner(1)] = SIGNERS
const CHARTER = testCharter(SIGNERS, 4)
const ROSTER = rosterOf(CHARTER)
const JOB = jobIdOf(PAYER.id, 0)
const NOW = TIMES.bidWindowMs + 10 * TIMES.beaconMs

function contextOf(roster: Roster): JobContext {
  const snapshot = foundingSnapshot(CHARTER)
  // All that an assignment is made and judged by.
  return { roster, snapshot: () => snapshot, snapshotAt: () => snapshot } as unknown as JobContext
}

/** A job with one bid, as every witness holds it. */
function openJob(): OpenJob {
  const record = { ...pendingRecord(JOB, PAYER.id, testSpec(CHARTER, PAYER.id), 0), openedMs: 0 }
  const open = { ...openJobOf(record), escrow: 1_010n }
  const offer = {
    price: 1n,
    etaMs: 1,
    model: 'm',
    modelDigest: hash('model', new Uint8Array(0)),
    cached: true,
    vramFreeMb: 0,
    loadMilli: 0,
    region: '',
    modes: ['process' as const],
  }
  const bid = sign(BIDDER, ROSTER.swarm, BID, { job: JOB, offer, payout: BIDDER.id })
  open.bids.set(BIDDER.id, { bid, heldMs: 0 })
  for (const one of SIGNERS) open.beacons.set(one.id, sign(one, ROSTER.swarm, BEACON, { job: JOB }))
  return open
}

/** A roster that knows one peer by another label, or, without one, not at all. */
function knowing(peer: PeerId, operator: string | undefined): Roster {
  return {
    ...ROSTER,
    member(id) {
      const known = ROSTER.member(id)
      if (id !== peer || known === undefined) return known
      return operator === undefined ? undefined : { ...known, operator }
    },
  }
}

const VALUE = buildAssign(contextOf(ROSTER), openJob(), NOW)

it('an assignment says by what its bidders and its payer have a vote', () => {
  expect(VALUE).toMatchObject({ operators: [BIDDER.id.slice(-8)], payer: PAYER.id.slice(-8) })
})

it('its labels are held against each witness’s own roster, which may lag behind', () => {
  if (VALUE === undefined) throw new Error('nothing to propose')
  const judged = (roster: Roster, value = VALUE) =>
    judgeAssign(contextOf(roster), openJob(), value, NOW).verdict
  expect(judged(ROSTER)).toBe('prepare')
  expect(judged(knowing(BIDDER.id, 'another'))).toBe('guard')
  expect(judged(knowing(BIDDER.id, undefined))).toBe('guard')
  expect(judged(knowing(PAYER.id, undefined))).toBe('guard')
  expect(judged(ROSTER, { ...VALUE, operators: ['made up'] })).toBe('guard')
  expect(judged(ROSTER, { ...VALUE, payer: null })).toBe('guard')
  expect(judged(ROSTER, { ...VALUE, operators: [...VALUE.operators, null] })).toBe('guard')
})
