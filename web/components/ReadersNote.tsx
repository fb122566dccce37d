import type { JSX } from 'solid-js'
import type { JobDraft } from '../state/job-draft.ts'
import { useSwarm } from '../state/swarm.ts'

function list(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
}

/** Most names that are spelt out; a longer list is not read. */
const NAMES_MAX = 8

/** Who will be able to read the prompt, said before it leaves. */
export function ReadersNote(props: {
  draft: JobDraft
  onChange: (fields: Partial<JobDraft>) => void
}): JSX.Element {
  const swarm = useSwarm()
  const witnesses = () => (swarm.nodes.value ?? []).filter(({ witness }) => witness)
  const operators = () => [...new Set(witnesses().map(({ operator }) => operator))]
  const names = () =>
    operators().length === 0 || operators().length > NAMES_MAX ? '' : `, run by ${list(operators())}`
  const elected = () =>
    props.draft.replicas === 1 ? 'the elected node' : `the ${props.draft.replicas} elected nodes`
  const witnessText = () =>
    witnesses().length === 0 ? 'the witnesses' : `the ${witnesses().length} witnesses${names()}`
  return (
    <div class="readers">
      <p id="readers">
        <strong>Who can read it:</strong>{' '}
        {props.draft.visibility === 'public'
          ? 'every member of the swarm, now and later.'
          : `${elected()}, their stand-ins, and ${witnessText()}. A node reads a prompt to answer it, so send nothing that they must not know.`}
      </p>
      <label>
        <input
          type="checkbox"
          name="visibility"
          checked={props.draft.visibility === 'public'}
          onChange={(event) =>
            props.onChange({ visibility: event.currentTarget.checked ? 'public' : 'private' })
          }
        />{' '}
        Let every member read it
      </label>
    </div>
  )
}
