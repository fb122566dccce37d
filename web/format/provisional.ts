import type { Answer } from '../../protocol/api/job-schema.ts'

/** What to say of a text that was shown while it was made, once the answers were compared; nothing where it agrees. */
export function afterword(outcome: Answer['outcome'] | undefined): string | undefined {
  if (outcome === 'agreed') return undefined
  if (outcome === 'silent') return 'The text that was shown while the job ran never became an answer.'
  return outcome === 'outvoted'
    ? 'The text that was shown while the job ran was outvoted: the merged answer says something else.'
    : 'The text that was shown while the job ran was not confirmed by the others.'
}
