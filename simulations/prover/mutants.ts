import type { Mutant } from './mutant.ts'
import { EPOCH_MUTANTS } from './epoch-mutants.ts'
import { JOB_MUTANTS } from './job-mutants.ts'

/**
 * Mistakes that the checkers must notice (simulation.md, "Mutants must be caught"). What concerns standbys joins the
 * list with them: coin known to the replica.
 */
export const MUTANTS: readonly Mutant[] = [
  ...EPOCH_MUTANTS,
  ...JOB_MUTANTS,
  {
    name: 'small-quorum',
    breaks: 'any two quorums share a correct witness',
    file: 'protocol/swarm/quorum-size.ts',
    find: 'const quorum = Math.ceil((witnesses + faulty + 1) / 2)',
    replace: 'const quorum = Math.max(1, Math.ceil((witnesses + faulty + 1) / 2) - 1)',
    seeds: [2],
    caughtBy: ['single-fact'],
  },
  {
    name: 'lock-in-memory',
    breaks: 'the lock is persisted before the vote',
    file: 'protocol/ledger/locks.ts',
    find: 'out.write(keyOf(lock), encodeBody(lockCodec, lock))',
    replace: 'void [out, encodeBody, lockCodec]',
    seeds: [28],
    caughtBy: ['single-signature'],
  },
  {
    name: 'vote-before-sync',
    breaks: 'nothing leaves before what it relies on is synced',
    file: 'protocol/peer/event-outbox.ts',
    find: 'for (const effect of this.#stamped) effects.push({ ...effect, after })',
    replace: 'for (const effect of this.#stamped) effects.push({ ...effect, after: position })',
    seeds: [2],
    caughtBy: ['single-signature'],
  },
  {
    name: 'claim-twice-in-one-entry',
    breaks: 'claims are strictly ascending, so one is named once',
    file: 'protocol/ledger/validate.ts',
    find: 'if (before !== undefined && compareRefs(before, claim) >= 0)',
    replace: 'if (before !== undefined && compareRefs(before, claim) > 0)',
    seeds: [3],
    caughtBy: ['ledger-replay', 'supply'],
  },
  {
    name: 'claim-again',
    breaks: 'an output is gone once it is claimed',
    file: 'protocol/ledger/output-book.ts',
    find: 'holdings.remove(owner, ref)',
    replace: 'holdings.find(owner, ref)',
    seeds: [2],
    caughtBy: ['supply', 'ledger-replay'],
  },
  {
    name: 'prepared-left-out',
    breaks: 'a NewView holds the highest prepared certificate',
    file: 'protocol/agreement/voter.ts',
    find: 'const prepared = ballot.prepared?.certificate ?? null',
    replace: 'const prepared = null',
    seeds: [4],
    caughtBy: ['single-fact'],
  },
  {
    name: 'promise-in-memory',
    breaks: 'a promise is persisted before it is answered',
    file: 'protocol/agreement/voter.ts',
    find: 'this.#save(out, { ...ballot, promise: asked.round, newview })',
    replace: 'this.#ballots.set(ballot.instance, { ...ballot, promise: asked.round, newview })',
    seeds: [102],
    caughtBy: ['promise-kept', 'single-signature'],
  },
  {
    name: 'carried-value-ignored',
    breaks: 'a round carries the value of the highest prepared certificate',
    file: 'protocol/agreement/promises.ts',
    find: 'return highest?.value',
    replace: 'return highest === undefined ? undefined : undefined',
    seeds: [4],
    caughtBy: ['single-fact'],
  },
  {
    name: 'second-prepare',
    breaks: 'one prepare in a round',
    file: 'protocol/agreement/voter.ts',
    find: 'if (ballot.prepare !== null && ballot.prepare.round === round) return this.#repeat(out, message, ballot)',
    replace: 'void this.#repeat',
    seeds: [194],
    caughtBy: ['single-signature'],
  },
  {
    name: 'resolve-by-neither',
    breaks: 'a merged fork leaves no more than its least branch does, since one of them may be certified',
    file: 'protocol/ledger/apply-resolution.ts',
    find: '(least, { body }) => (body.free < least ? body.free : least),',
    replace: '(least, { body }) => (body.free < 0n ? least : state.free + claimed),',
    seeds: [23],
    caughtBy: ['ledger-replay', 'supply'],
  },
  {
    name: 'lock-not-covered',
    breaks: 'a resolution holds the entry that each preparing witness is bound to',
    file: 'protocol/ledger/resolve-rules.ts',
    find: 'return absent.length === 0',
    replace: 'return absent.length >= 0',
    seeds: [18],
    caughtBy: ['single-fact'],
  },
  {
    name: 'stop-ignored',
    breaks: 'a witness votes for nothing of an account whose fork is being settled',
    file: 'protocol/ledger/witness.ts',
    find: 'if (parts.resolving.of(account) !== undefined) {',
    replace: 'if (parts.resolving.of(account) !== undefined && seq < 0) {',
    seeds: [72],
    caughtBy: ['single-fact'],
  },
  {
    name: 'stop-at-the-place-alone',
    breaks: 'a witness votes for nothing behind a branch, either, while its fork is being settled',
    file: 'protocol/ledger/witness.ts',
    find: 'if (parts.resolving.of(account) !== undefined) {',
    replace: 'if (parts.resolving.of(account)?.message.proof.first.body.seq === seq) {',
    seeds: [72],
    caughtBy: ['single-fact'],
  },
  {
    name: 'votes-after-a-loss',
    breaks: 'a witness whose votes may be lost votes for nothing any more',
    file: 'protocol/ledger/witness.ts',
    find: "if (!duty.active) return 'not_a_witness'",
    replace: 'void duty.active',
    seeds: [6],
    caughtBy: ['silence'],
  },
  {
    name: 'counting-by-f-plus-1',
    breaks: 'a commit counts in t seals',
    file: 'protocol/swarm/quorum-size.ts',
    find: 'counting: witnesses - quorum + 1',
    replace: 'counting: faulty + 1',
    seeds: [15],
    caughtBy: ['sealed-reveal'],
  },
  {
    name: 'reveal-before-seals',
    breaks: 'nothing is revealed before q seals',
    file: 'protocol/jobs/revealing.ts',
    find: 'const seals = quorumOfSeals(roster, attempt)',
    replace: 'const seals = [...attempt.seals.values()]',
    seeds: [5],
    caughtBy: ['sealed-reveal'],
  },
  {
    name: 'seals-not-compared',
    breaks: 'a witness that sealed for a reveal sealed the same for the close',
    file: 'protocol/jobs/close.ts',
    find: 'return reveal.body.seals.every(({ witness, seal }) => (own.get(witness) ?? seal) === seal)',
    replace: 'return own.size > 0',
    seeds: [93],
    caughtBy: ['sealed-close'],
  },
]

export function mutantNamed(name: string): Mutant {
  const found = MUTANTS.find((mutant) => mutant.name === name)
  if (found === undefined) throw new MutantError(`there is no mutant ${name}`)
  return found
}

/** A mutant that doesn't fit the code any more, or that nobody has heard of. */
export class MutantError extends Error {
  readonly code = 'mutant_unfit'
}
