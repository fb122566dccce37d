import { hash } from '../crypto/digest.ts'
import { decodeRecord } from '../encoding/body.ts'
import type { Digest } from '../ids.ts'
import { ANSWER, TestJobs } from '../jobs/testing-jobs.ts'
import { CHOICES } from '../jobs/testing-tickets.ts'
import { submissionCodec, ticketCodec } from '../jobs/ticket.ts'
import { keys, PREFIXES } from '../records/keys.ts'
import type { Command, JobRequest } from './command.ts'

const PAYER = TestJobs.payer
export const named = (word: number): Digest => hash('name', Uint8Array.of(word))
export const NAME = named(1)
export const CONTENT = named(2)
/** For tests: hundreds of them together cost less than the payer has. */
export const CHEAP: JobRequest = { ...CHOICES, maxPrice: 1_000n }

/** For tests: a payer's peer and two nodes of one slot each, so that one job of two replicas fills them. */
export function begin() {
  const jobs = new TestJobs([5, 6])
  const { minds } = jobs
  const id = jobs.id(PAYER)
  const under = (prefix: string) => [...minds.storeOf(id).keys()].filter((key) => key.startsWith(prefix))
  return {
    jobs,
    minds,
    id,
    under,
    submit: (
      about: Partial<Extract<Command, { type: 'submit-job' }>> = {},
      wishes: Partial<JobRequest> = {},
    ) => minds.command(id, { type: 'submit-job', request: { ...CHEAP, ...wishes }, ...about }),
    view: () => jobs.view(PAYER),
    submission(name: Digest) {
      const value = minds.stored(id, keys.submission(name))
      return value === undefined ? undefined : decodeRecord(submissionCodec, value, name)
    },
    ticket(name: Digest) {
      const value = minds.stored(id, keys.ticket(name))
      return value === undefined ? undefined : decodeRecord(ticketCodec, value, name)
    },
    /** Answers every run that is asked for, until the payer has no job and nothing waits. */
    work(
      isDone = () => jobs.view(PAYER).openJobs().length === 0 && jobs.view(PAYER).allWaiting().length === 0,
    ) {
      minds.isCut = () => false
      for (let round = 0; round < 200; round += 1) {
        for (const run of minds.runs.splice(0)) minds.finish(run, ANSWER)
        minds.pass(500)
        if (isDone()) return
      }
      throw new RangeError('the jobs have no end')
    },
    /** Jobs that came to nothing: they found no node. */
    voids: () => jobs.view(0).counters().jobs.void,
    /** Jobs that the payer ever opened, by what a witness knows. */
    jobsOf: () =>
      [...minds.storeOf(jobs.id(0)).keys()].filter((key) => key.startsWith(PREFIXES.closed)).length,
  }
}

/** For tests: the one place that there is at first is taken by a job that can't be assigned, until the peer works. */
export function full() {
  const peer = begin()
  peer.minds.isCut = (_from, _to, kind) => kind === 'propose'
  const first = peer.submit()
  if (first?.ok !== true || first.type !== 'job') throw new RangeError('the first job waits')
  return peer
}

export const WISH = { named: { name: NAME, content: CONTENT } }
