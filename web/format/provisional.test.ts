import { expect, it } from 'vitest'
import { afterword } from './provisional.ts'

it('says of a text that was shown what became of it, unless it agrees', () => {
  expect(afterword('agreed')).toBeUndefined()
  expect(afterword('silent')).toMatch(/never became/)
  expect(afterword('outvoted')).toMatch(/outvoted/)
  for (const outcome of ['unsure', undefined] as const) expect(afterword(outcome)).toMatch(/not confirmed/)
})
