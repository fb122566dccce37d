import { expect, it } from 'vitest'
import { hash } from '../crypto/digest.ts'
import type { Digest } from '../ids.ts'
import type { JobRequest } from '../peer/command.ts'
import { LIMITS } from '../params.ts'
import { fourWitnesses } from '../swarm/testing-swarm.ts'
import type { JobContext } from './context.ts'
import { draftJob } from './offering.ts'

const { roster } = fourWitnesses()

/** What is held against a job that nobody offers a model for, by a program that brings these rules. */
function refusalUnder(rules: Digest, size = 1) {
  const context: Pick<JobContext, 'roster' | 'rules'> = { roster, rules }
  const request: Partial<JobRequest> = {
    prompt: { digest: hash('test', new Uint8Array(1)), size },
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

it.each([
  [0, 'prompt_out_of_range'],
  [1, 'too_few_nodes'],
  [LIMITS.promptBytes, 'too_few_nodes'],
  [LIMITS.promptBytes + 1, 'prompt_out_of_range'],
])('a prompt of %i bytes is held against as %s', (size, code) => {
  expect(refusalUnder(roster.governance.rules, size)).toMatchObject({ ok: false, code })
})
