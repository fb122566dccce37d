import { describe, expect, it } from 'vitest'
import type { PeerId } from '../ids.ts'
import type { Offer } from '../jobs/offer.ts'
import type { JobValue } from '../jobs/value.ts'
import type { Charter } from '../swarm/charter.ts'
import { fourWitnesses } from '../swarm/testing-swarm.ts'
import { outcomesOf } from './outcomes.ts'
import { baseOf, chainOf, type ClosePlan, type Did, evidenceOf, MODEL, resultOf } from './testing-closes.ts'

const { ids, roster } = fourWitnesses()
const [first, second, third, fourth] = ids as [PeerId, PeerId, PeerId, PeerId]
const { charter } = roster

function planOf(dids: readonly Did[], about: Partial<ClosePlan> = {}): ClosePlan {
  const replicas = dids.map((did, at) => ({ peer: [second, third, fourth][at] ?? fourth, did }))
  return { charter, nonce: 0, submitter: first, replicas, ...about }
}

function outcomes(plan: ClosePlan, by = charter): readonly string[] | undefined {
  return outcomesOf(chainOf(plan), by)?.replicas.map(({ outcome }) => outcome)
}

/** A charter that asks for more than the testing one. */
function asking(params: Partial<typeof charter.params>): Charter {
  return { ...charter, params: { ...charter.params, ...params } }
}

describe('outcomes of a job', () => {
  it('are those of its replicas, by model and submitter', () => {
    expect(outcomesOf(chainOf(planOf(['agreed', 'agreed', 'outvoted'])), charter)).toMatchObject({
      payer: first,
      model: MODEL,
      replicas: [
        { peer: second, outcome: 'agreed' },
        { peer: third, outcome: 'agreed' },
        { peer: fourth, outcome: 'disagreed' },
      ],
    })
  })

  it('tell apart who cheated, withheld, was slow and was not there', () => {
    const failed = outcomesOf(chainOf(planOf(['fault', 'unrevealed', 'timeout'])), charter)?.replicas
    expect(failed?.map(({ outcome }) => outcome)).toEqual(['fault', 'unrevealed', 'timeout'])
    expect(outcomes(planOf(['noshow', 'agreed', 'agreed']))).toEqual(['noshow', 'agreed', 'agreed'])
  })

  it('go by what t of the witnesses sealed: two of four', () => {
    const seen = (did: Did, seenBy: number) =>
      outcomes(planOf([], { replicas: [{ peer: second, did, seenBy }], bidders: [second], ready: [second] }))
    expect(seen('unrevealed', 2)).toEqual(['unrevealed'])
    expect(seen('unrevealed', 1)).toEqual(['noshow'])
    expect(seen('timeout', 2)).toEqual(['timeout'])
    expect(seen('timeout', 1)).toEqual(['noshow'])
  })

  it.each([
    ['a lone replica', planOf(['agreed'], { agreement: 'unanimous' }), charter],
    ['too few bidders', planOf(['agreed', 'agreed']), asking({ trustBidders: 3 })],
    ['a price below the floor', planOf(['agreed', 'agreed'], { price: 9n }), asking({ maxPrice: 160n })],
    ['less than the fee', planOf(['agreed', 'agreed'], { spec: { fee: 9n } }), asking({ fee: 10n })],
    [
      'a fee to somebody else',
      planOf(['agreed', 'agreed'], { spec: { treasury: second } }),
      asking({ fee: 10n }),
    ],
    [
      'answers that nobody disputes but nobody vouches for',
      planOf(['agreed', 'agreed'], { agreement: 'none' }),
      charter,
    ],
    ['a tie', planOf(['agreed', 'agreed'], { agreement: 'split' }), charter],
  ])('count nothing for %s', (_, plan, by) => {
    expect(outcomes(plan, by)).toBeUndefined()
  })

  it.each([
    [
      'as many bidders as asked for',
      planOf(['agreed', 'agreed'], { bidders: ids }),
      asking({ trustBidders: 4 }),
    ],
    ['a price at the floor', planOf(['agreed', 'agreed'], { price: 10n }), asking({ maxPrice: 160n })],
    ['the fee', planOf(['agreed', 'agreed'], { spec: { fee: 10n } }), asking({ fee: 10n })],
  ])('count with %s', (_, plan, by) => {
    expect(outcomes(plan, by)).toEqual(['agreed', 'agreed'])
  })

  it('hold disagreement against a replica however few bid', () => {
    expect(outcomes(planOf(['agreed', 'agreed', 'outvoted']), asking({ trustBidders: 9 }))).toEqual([
      'disagreed',
    ])
  })

  it('take bidders of one operator for one', () => {
    const by: Charter = { ...asking({ trustBidders: 2 }), diversity: 'operator' }
    const plan = planOf(['agreed', 'agreed'], { bidders: ids })
    expect(outcomes(plan, by)).toEqual(['agreed', 'agreed'])
    expect(outcomes({ ...plan, labelOf: () => 'same' }, by)).toBeUndefined()
  })

  it('count as bidders only those that could have been elected with this model', () => {
    const by = asking({ trustBidders: 4 })
    const plan = planOf(['agreed', 'agreed'], { bidders: ids })
    const withOffer = (offer: Partial<Offer>) => ({ ...plan, offers: new Map([[first, offer]]) })
    expect(outcomes(withOffer({ price: plan.price ?? 1n }), by)).toEqual(['agreed', 'agreed'])
    expect(outcomes(withOffer({ price: 1_001n }), by)).toBeUndefined()
    expect(outcomes(withOffer({ modes: ['container'] }), by)).toBeUndefined()
    expect(outcomes(withOffer({ modelDigest: charter.rules }), by)).toBeUndefined()
    const labelOf = (peer: PeerId) => (peer === first ? null : peer)
    expect(outcomes({ ...plan, labelOf }, by)).toBeUndefined()
  })

  it('hold an absence against a replica only if it signed that it holds the prompt', () => {
    const plan = planOf(['noshow', 'noshow', 'timeout'])
    expect(outcomes({ ...plan, ready: [] })).toEqual(['timeout'])
    expect(outcomesOf(chainOf({ ...plan, ready: [third] }), charter)?.replicas).toMatchObject([
      { peer: third, outcome: 'noshow' },
      { peer: fourth, outcome: 'timeout' },
    ])
  })

  it('name everybody by what the assignment says of them, and all payers without a membership alike', () => {
    const by: Charter = { ...charter, diversity: 'operator' }
    const labelOf = (peer: PeerId) => (peer === first ? null : `of ${peer.slice(-4)}`)
    const facts = outcomesOf(chainOf(planOf(['agreed', 'agreed'], { labelOf })), by)
    expect(facts?.replicas.map(({ voter }) => voter)).toEqual([labelOf(second), labelOf(third)])
    const payerOf = (submitter: PeerId, labels = labelOf) =>
      outcomesOf(chainOf(planOf(['agreed', 'agreed'], { submitter, labelOf: labels })), by)?.payer
    expect(payerOf(fourth)).toBe(labelOf(fourth))
    expect(payerOf(first)).toBe('')
    const nobody = outcomesOf(
      chainOf(
        planOf(['agreed', 'outvoted'], {
          submitter: fourth,
          labelOf: (peer) => (peer === fourth ? null : peer),
        }),
      ),
      charter,
    )
    expect(nobody?.payer).toBe('')
  })

  it.each([
    ['a silent runner and who answered for it', 'timeout', 'agreed', ['timeout', 'agreed', 'agreed']],
    [
      'one that committed and one that withheld',
      'unrevealed',
      'unrevealed',
      ['unrevealed', 'unrevealed', 'agreed'],
    ],
    ['a standby that was slow as well', 'timeout', 'timeout', ['timeout', 'timeout', 'agreed']],
    ['no standby that stopped for who came back', 'agreed', 'timeout', ['agreed', 'agreed']],
    ['no standby that was never needed', 'agreed', 'noshow', ['agreed', 'agreed']],
    ['a standby that committed to two answers', 'agreed', 'fault', ['fault', 'agreed', 'agreed']],
  ] as const)('hold against or for its slot’s runners, %s', (_, did, standbyDid, expected) => {
    const replicas = [
      { peer: second, did },
      { peer: third, did: 'agreed' as const },
      { peer: fourth, did: standbyDid, tookOver: { slot: 0, rank: 1 } },
    ]
    // Whoever wasn't there held the prompt.
    expect(outcomes(planOf([], { replicas }))).toEqual(expected)
  })

  it('of an earlier attempt stay, whatever the last one brings or if the job is void', () => {
    const early = planOf(['noshow', 'timeout'], { bidders: ids })
    const late = planOf(['agreed'], { bidders: ids })
    const base = baseOf(early)
    const [assign] = chainOf(early)
    const slots = [{ slot: 2, peer: fourth }]
    const again = {
      type: 'again' as const,
      epoch: 0,
      ...evidenceOf(early, 0),
      result: resultOf(early),
      slots,
      standbys: [],
    }
    const last = { ...late, replicas: [{ peer: fourth, did: 'outvoted' as const }] }
    const results = [
      ...resultOf(early).replicas,
      ...resultOf(last).replicas.map((one) => ({ ...one, slot: 2 })),
    ]
    const result = { ...resultOf(last), winner: 2, replicas: results }
    const close = { type: 'close' as const, epoch: 0, ...evidenceOf(last, 1, 2), result, cancel: null }
    const start = assign === undefined ? [] : [assign, { ...base, step: 1, value: again }]
    const ends = (value: JobValue) =>
      outcomesOf([...start, { ...base, step: 2, value }], charter)?.replicas.map(({ outcome }) => outcome)
    expect(ends(close)).toEqual(['noshow', 'timeout', 'disagreed'])
    expect(ends({ type: 'void', reason: 'expired', cancel: null })).toEqual(['noshow', 'timeout'])
  })

  it('are none for a job that nobody was assigned to', () => {
    const base = baseOf(planOf(['agreed']))
    expect(
      outcomesOf(
        [{ ...base, step: 0, value: { type: 'void', reason: 'unassigned', cancel: null } }],
        charter,
      ),
    ).toBeUndefined()
  })
})
