import type { Mutant } from './mutant.ts'

/** They see the first answer that is shown too early, and the first seal that is wrong. */
const SEALING_CHECKERS = ['sealed-reveal', 'sealed-close']

/** Mistakes in a job's life, looked for in the scenario of jobs. */
const MISTAKES: readonly Omit<Mutant, 'scenario'>[] = [
  {
    name: 'copier-counted-by-f-plus-1',
    breaks: 'a commit counts in t seals, so none that was made after a reveal does',
    file: 'protocol/swarm/quorum-size.ts',
    find: 'counting: witnesses - quorum + 1',
    replace: 'counting: faulty + 1',
    seeds: [13],
    caughtBy: ['copier-earnings', 'sealed-reveal', 'sealed-close'],
  },
  {
    name: 'copier-sees-before-seals',
    breaks: 'nothing is revealed before q seals',
    file: 'protocol/jobs/revealing.ts',
    find: 'const seals = quorumOfSeals(roster, attempt)',
    replace: 'const seals = [...attempt.seals.values()]',
    seeds: [2],
    caughtBy: ['sealed-reveal'],
  },
  {
    name: 'second-seals-taken',
    breaks: 'a witness that sealed for a reveal sealed the same for the close',
    file: 'protocol/jobs/close.ts',
    find: 'return reveal.body.seals.every(({ witness, seal }) => (own.get(witness) ?? seal) === seal)',
    replace: 'return own.size > 0',
    seeds: [35],
    caughtBy: ['sealed-close', 'copier-earnings'],
  },
  // What these let in ends in somebody's pay: nobody watches but who adds up what a copier has earned.
  {
    name: 'copier-earns-by-early-reveal',
    breaks: 'nothing is revealed before q seals, so there is nothing to copy in time',
    file: 'protocol/jobs/revealing.ts',
    find: `  const seals = quorumOfSeals(roster, attempt)
  if (seals === undefined) return undefined
  const counting = seals.filter(({ body }) =>
    body.commits.some(
      ({ signer: runner, body: { commitment } }) =>
        runner === commit.signer && commitment === commit.body.commitment,
    ),
  )
  if (counting.length < sealersOf(roster, attempt).sizes.counting) return undefined
`,
    replace: `  const seals = [...attempt.seals.values()].sort((a, b) => (a.signer < b.signer ? -1 : 1))
  if (seals.length === 0) return undefined
`,
    seeds: [122],
    caughtBy: ['copier-earnings'],
    unwatched: SEALING_CHECKERS,
  },
  {
    name: 'copier-earns-by-f-plus-1',
    breaks: 'a commit counts in t seals, of which those who have seen a reveal lack one',
    file: 'protocol/swarm/quorum-size.ts',
    find: 'counting: witnesses - quorum + 1',
    replace: 'counting: faulty + 1',
    seeds: [177],
    caughtBy: ['copier-earnings'],
    unwatched: SEALING_CHECKERS,
  },
  {
    name: 'commit-not-persisted',
    breaks: 'a commit is durable before it leaves, so there is never a second one',
    file: 'protocol/jobs/runner.ts',
    find: 'out.write(keys.run(job, step, slot), encodeBody(runRecordCodec, run))',
    replace: 'void [encodeBody, runRecordCodec]',
    seeds: [22],
    caughtBy: ['single-signature'],
  },
  {
    name: 'held-before-sync',
    breaks: 'a commit is acknowledged once it is durable',
    file: 'protocol/jobs/sealing.ts',
    find: '  else context.book.save(out, open)\n  sealIfDue',
    replace: '  sealIfDue',
    seeds: [9],
    caughtBy: ['held-kept'],
  },
  {
    name: 'commit-after-seal',
    breaks: 'whoever has sealed takes no commit any more',
    file: 'protocol/jobs/sealing.ts',
    find: "if (mine !== undefined) return out.sendSigned(signer, 'seal', mine)",
    replace: "if (mine !== undefined) out.sendSigned(signer, 'seal', mine)",
    seeds: [11],
    caughtBy: ['held-kept'],
  },
  {
    name: 'seal-in-memory',
    breaks: 'a seal is durable before it leaves',
    file: 'protocol/jobs/sealing.ts',
    find: 'book.save(out, open)\n  for (const peer of sealAudience',
    replace: 'for (const peer of sealAudience',
    seeds: [190],
    caughtBy: ['single-signature'],
  },
  {
    name: 'again-after-cancel',
    breaks: 'a witness that holds a cancel helps nobody to begin',
    file: 'protocol/jobs/cancel.ts',
    find: 'return open.cancel && { ...NO_ITEMS, cancels: [open.cancel] }',
    replace: 'return open.cancel === undefined ? undefined : void NO_ITEMS',
    seeds: [36],
    caughtBy: ['cancel'],
  },
  {
    name: 'cancel-unsigned',
    breaks: 'nobody but the payer cancels a job',
    file: 'protocol/jobs/cancel.ts',
    find: 'return cancel.body.job === open.job && cancel.signer === open.record.account',
    replace: 'return cancel.body.job === open.job',
    seeds: [1],
    caughtBy: ['cancel'],
  },
  {
    name: 'ticket-outlives-its-opening',
    breaks: 'a submission is opened once, whenever its peer stops',
    file: 'protocol/peer/submissions.ts',
    find: 'out.write(keys.ticket(name), null)',
    replace: 'void 0',
    seeds: [114],
    caughtBy: ['opened-once'],
  },
  {
    name: 'answered-job-returns',
    breaks: 'only a job that found no node, and is void, waits again',
    file: 'protocol/jobs/placed.ts',
    find: "if (head?.end !== 'void' || head.step !== 0) return false",
    replace: 'if (head === undefined) return false',
    seeds: [3],
    caughtBy: ['opened-once'],
  },
  {
    name: 'higher-rank-paid',
    breaks: 'the lowest rank that is counted and revealed is paid',
    file: 'protocol/jobs/settlement.ts',
    find: 'of holdersOf(attempt, slot).entries())',
    replace: 'of [...holdersOf(attempt, slot).entries()].reverse())',
    seeds: [224],
    caughtBy: ['lowest-rank-paid'],
  },
  {
    name: 'standby-too-early',
    breaks: 'each rank waits for the ones before it, and a grace more',
    file: 'protocol/jobs/leases.ts',
    find: 'spec.leaseMs + rank * spec.graceMs)',
    replace: 'spec.leaseMs)',
    seeds: [9],
    caughtBy: ['ranks'],
  },
  {
    name: 'seal-ignores-leases',
    breaks: 'a witness waits for whoever it hears at work, before a standby answers for it',
    file: 'protocol/jobs/leases.ts',
    find: 'silentFor(attempt, slot, body.rank, spec.leaseMs))',
    replace: 'silentFor(attempt, slot, 0 * body.rank, spec.leaseMs))',
    seeds: [9],
    caughtBy: ['sealed-in-turn'],
  },
  {
    name: 'fee-too-high',
    breaks: 'the fee is what the payer agreed on',
    file: 'protocol/jobs/settlement.ts',
    find: 'refund: escrow - payouts - spec.fee,\n    fee: spec.fee,',
    replace:
      'refund: escrow - payouts - spec.fee - (payouts > 0n ? 1n : 0n),\n    fee: spec.fee + (payouts > 0n ? 1n : 0n),',
    seeds: [2],
    caughtBy: ['one-charge'],
  },
  {
    name: 'refund-too-small',
    breaks: 'what is decided can be paid out, so the job ends',
    file: 'protocol/jobs/settlement.ts',
    find: 'refund: escrow - payouts - spec.fee,',
    replace: 'refund: escrow - payouts - spec.fee - (payouts > 0n ? 1n : 0n),',
    seeds: [2],
    caughtBy: ['ends'],
  },
]

export const JOB_MUTANTS: readonly Mutant[] = MISTAKES.map((mistake) => ({ ...mistake, scenario: 'jobs' }))
