import { For, type JSX, Show } from 'solid-js'
import type { Paged } from '../state/paged.ts'
import { FaultNotice } from './FaultNotice.tsx'

interface PagedSectionProps {
  /** Begins the id of the heading. */
  readonly name: string
  readonly title: string
  /** What the list can be narrowed to, and how that is called. */
  readonly choices: readonly (readonly [value: string, label: string])[]
  /** With an empty text for all. */
  readonly onChoose: (value: string) => void
  readonly paged: Paged<unknown>
  /** In the place of a list without items. */
  readonly empty: string
  readonly older: string
  readonly children: JSX.Element
}

/** A list that can be narrowed and is shown page by page, newest first. */
export function PagedSection(props: PagedSectionProps): JSX.Element {
  const titleId = () => `${props.name}-title`
  return (
    <section aria-labelledby={titleId()}>
      <div class="section-head">
        <h2 id={titleId()}>{props.title}</h2>
        <label class="filter">
          Show{' '}
          <select onChange={(event) => props.onChoose(event.currentTarget.value)}>
            <option value="">all</option>
            <For each={props.choices}>
              {([value, label]) => <option value={value}>{label.toLowerCase()}</option>}
            </For>
          </select>
        </label>
      </div>
      <FaultNotice fault={props.paged.fault} />
      <Show
        when={(props.paged.items ?? []).length > 0}
        fallback={
          <Show when={props.paged.items}>
            <p class="empty">{props.empty}</p>
          </Show>
        }
      >
        {props.children}
        <Show when={props.paged.hasMore}>
          <p class="more">
            <button type="button" onClick={() => void props.paged.more()}>
              {props.older}
            </button>
          </p>
        </Show>
      </Show>
    </section>
  )
}
