import { expect, it } from 'vitest'
import { hash } from '../crypto/digest.ts'
import type { Digest } from '../ids.ts'
import type { JobRequest } from '../peer/command.ts'
import { fourWitnesses } from '../swarm/testing-swarm.ts'
import type { JobContext } from './context.ts'
import { draftJob } from './offering.ts'

const { roster } = fourWitnesses()

/** What is held against a job that nobody offers a model for, by a program that brings these rules. */
function refusalUnder(rules: Digest) {
  const context: Pick<JobContext, 'roster' | 'rules'> = { roster, rules }
  const request: Partial<JobRequest> = {
    prompt: { digest: hash('test', new Uint8Array(1)), size: 1 },
    replicas: 1,
    model: null,
  }
  const market = { models: new Set<string>(), freeNodes: () => 1, votersOffering: () => 0 }
  return draftJob(context as JobContext, request as JobRequest, market, new Uint8Array(32))
}

it('rules that no epoch has named are told as what they are, before anything else is asked', () => {
  expect(refusalUnder(roster.governance.rules)).toMatchObject({ ok: false, code: 'too_few_nodes' })
  expect(refusalUnder(hash('test', new Uint8Array(1)))).toMatchObject({
    ok: false,
    code: 'rules_unknown',
    detail: expect.stringContaining('does not bring'),
  })
})
