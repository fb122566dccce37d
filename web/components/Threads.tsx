import { createMemo, For, type JSX, Show } from 'solid-js'
import type { Job } from '../../protocol/api/job-schema.ts'
import { formatConfidence, OUTCOME_LABELS } from '../format/verdict.ts'
import { PeerName } from './PeerName.tsx'

type Slot = Job['slots'][number]
type Fate = Slot['state'] | Job['answers'][number]['outcome']

interface Thread {
  readonly slot: Slot
  readonly fate: Fate
  readonly words: string
}

/** How far to the right a thread reaches, in percent, while it is being spun. */
const REACH: Readonly<Record<Slot['state'], number>> = {
  assigned: 8,
  started: 30,
  failed: 30,
  committed: 52,
  revealed: 64,
}
/** Where a thread that isn't woven in ends; the others go on to the knot. */
const LOOSE_END = 78
const SILENT_END = 22
const ROW_PX = 48

const STATE_WORDS: Readonly<Record<Slot['state'], string>> = {
  assigned: 'elected',
  started: 'answering',
  failed: 'could not answer',
  committed: 'answered, still hidden',
  revealed: 'revealed',
}

function threadOf(job: Job, slot: Slot): Thread {
  const answer = job.answers.find((candidate) => candidate.slot === slot.slot)
  if (answer !== undefined)
    return { slot, fate: answer.outcome, words: OUTCOME_LABELS[answer.outcome].toLowerCase() }
  const tokens = slot.state === 'started' && slot.tokens > 0 ? `, ${slot.tokens} tokens` : ''
  return { slot, fate: slot.state, words: `${STATE_WORDS[slot.state]}${tokens}` }
}

function pathOf({ slot, fate }: Thread, y: number, knotY: number): string {
  if (fate === 'agreed') return `M0 ${y}H60C82 ${y} 80 ${knotY} 100 ${knotY}`
  if (fate === 'silent') return `M0 ${y}H${SILENT_END}`
  if (fate === 'outvoted' || fate === 'unsure') return `M0 ${y}H${LOOSE_END}`
  return `M0 ${y}H${REACH[slot.state]}`
}

/** Every elected node as a thread: the answers that agree are woven into one, the others end loose. */
export function Threads(props: { job: Job }): JSX.Element {
  const threads = createMemo(() => props.job.slots.map((slot) => threadOf(props.job, slot)))
  const height = () => threads().length * ROW_PX
  const rowY = (at: number) => at * ROW_PX + ROW_PX / 2
  const knotY = () => {
    const rows = threads().flatMap(({ fate }, at) => (fate === 'agreed' ? [rowY(at)] : []))
    return rows.length === 0 ? height() / 2 : rows.reduce((sum, y) => sum + y, 0) / rows.length
  }
  return (
    <section class="threads" aria-label="Nodes at work">
      <ul>
        <For each={threads()}>
          {(thread) => (
            <li>
              <PeerName id={thread.slot.node_id} operator={thread.slot.operator} />
              <span class="fate" data-fate={thread.fate}>
                {thread.words}
              </span>
            </li>
          )}
        </For>
      </ul>
      <svg viewBox={`0 0 100 ${height()}`} height={height()} preserveAspectRatio="none" aria-hidden="true">
        <For each={threads()}>
          {(thread, at) => (
            <>
              <path class="track" d={`M0 ${rowY(at())}H100`} />
              <path class="thread" data-fate={thread.fate} d={pathOf(thread, rowY(at()), knotY())} />
            </>
          )}
        </For>
      </svg>
      <p class="knot" style={{ 'margin-top': `${knotY() - ROW_PX / 2}px` }}>
        <Show when={props.job.winner !== null && props.job.confidence !== null}>
          {formatConfidence(props.job.confidence ?? 0)}
        </Show>
      </p>
    </section>
  )
}
