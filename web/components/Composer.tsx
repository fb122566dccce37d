import { useLocation, useNavigate } from '@solidjs/router'
import { createSignal, type JSX, onMount, Show } from 'solid-js'
import { createStore } from 'solid-js/store'
import type { Model } from '../../protocol/api/network-schema.ts'
import { type Fault, faultOf } from '../format/fault.ts'
import { client } from '../state/client.ts'
import { type DraftFault, draftFault, EMPTY_DRAFT, type JobDraft, requestOf } from '../state/job-draft.ts'
import { createPolled } from '../state/polled.ts'
import { CostNote } from './CostNote.tsx'
import { FaultNotice } from './FaultNotice.tsx'
import { JobOptions } from './JobOptions.tsx'
import { ReadersNote } from './ReadersNote.tsx'
import { PROMPT_ID } from './ShortcutHelp.tsx'

/** Offers change with heartbeats. */
const MODELS_PERIOD_MS = 10_000
const MODELS_LIMIT = 100

function isFocusWanted(state: unknown): boolean {
  return typeof state === 'object' && state !== null && 'focus' in state && state.focus === PROMPT_ID
}

/** Where a prompt is written, priced and sent; the page of the new job follows. */
export function Composer(): JSX.Element {
  const navigate = useNavigate()
  const location = useLocation()
  const [draft, setDraft] = createStore<JobDraft>({ ...EMPTY_DRAFT })
  const [wrong, setWrong] = createSignal<DraftFault>()
  const [fault, setFault] = createSignal<Fault>()
  const [isSending, setSending] = createSignal(false)
  const models = createPolled<readonly Model[]>(
    async (signal) => (await client.listModels({ query: { limit: MODELS_LIMIT } }, { signal })).items,
    MODELS_PERIOD_MS,
  )
  let form: HTMLFormElement | undefined

  function change(fields: Partial<JobDraft>): void {
    setDraft(fields)
    setWrong(undefined)
  }

  async function send(): Promise<void> {
    setSending(true)
    setFault(undefined)
    try {
      const job = await client.submitJob({ body: requestOf(draft) })
      navigate(`/jobs/${job.id}`)
    } catch (error) {
      setFault(faultOf(error))
    } finally {
      setSending(false)
    }
  }

  function submit(event?: SubmitEvent): void {
    event?.preventDefault()
    if (isSending()) return
    const found = draftFault(draft)
    setWrong(found)
    if (found === undefined) void send()
    else form?.querySelector<HTMLElement>(`[name="${found.field}"]`)?.focus()
  }

  function press(event: KeyboardEvent): void {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) submit()
  }

  onMount(() => {
    if (isFocusWanted(location.state)) document.getElementById(PROMPT_ID)?.focus()
  })

  return (
    <form
      class="composer"
      aria-label="New job"
      novalidate
      onSubmit={submit}
      ref={(element) => (form = element)}
    >
      <label class="prompt-label" for={PROMPT_ID}>
        Prompt
      </label>
      <textarea
        id={PROMPT_ID}
        name="prompt"
        rows="6"
        placeholder="Summarise: …"
        aria-invalid={wrong()?.field === 'prompt'}
        aria-describedby="readers draft-fault"
        value={draft.prompt}
        onInput={(event) => change({ prompt: event.currentTarget.value })}
        onKeyDown={press}
      />
      <JobOptions draft={draft} wrong={wrong()} models={models.value ?? []} onChange={change} />
      <ReadersNote draft={draft} onChange={change} />
      <div class="send">
        <button type="submit" class="primary" aria-disabled={isSending()}>
          {isSending() ? 'Sending…' : 'Send to the network'}
        </button>
        <CostNote draft={draft} models={models.value} />
      </div>
      <p id="draft-fault" class="draft-fault" role="alert">
        <Show when={wrong()}>{(found) => found().sentence}</Show>
      </p>
      <FaultNotice fault={fault() ?? models.fault} />
    </form>
  )
}
