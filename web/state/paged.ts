import { createMemo, createSignal } from 'solid-js'
import { type Fault, faultOf } from '../format/fault.ts'
import { createPolled } from './polled.ts'

interface Page<T> {
  readonly items: readonly T[]
  readonly next_cursor: string | null
}

interface PagedOptions<T> {
  /** One page; without a cursor the first. It may read signals, and `restart` follows their change. */
  readonly fetch: (cursor: string | undefined, signal?: AbortSignal) => Promise<Page<T>>
  readonly keyOf: (item: T) => string
  readonly periodMs: number
}

export interface Paged<T> {
  /** undefined before the first answer. */
  readonly items: readonly T[] | undefined
  readonly fault: Fault | undefined
  /** Whether there are older items to show. */
  readonly hasMore: boolean
  more(): Promise<void>
  /** The question has changed: begins anew. */
  restart(): void
}

/** A list whose first page is kept up to date; older pages stay as they came. */
export function createPaged<T>({ fetch, keyOf, periodMs }: PagedOptions<T>): Paged<T> {
  const [older, setOlder] = createSignal<Page<T>>()
  const [fault, setFault] = createSignal<Fault>()
  const first = createPolled((signal) => fetch(undefined, signal), periodMs)
  const next = () => (older() ?? first.value)?.next_cursor ?? null
  const items = createMemo(() => {
    const shown = first.value?.items
    if (shown === undefined) return undefined
    const keys = new Set(shown.map(keyOf))
    return [...shown, ...(older()?.items ?? []).filter((item) => !keys.has(keyOf(item)))]
  })

  async function more(): Promise<void> {
    const cursor = next()
    if (cursor === null) return
    try {
      const page = await fetch(cursor)
      setOlder((before) => ({ ...page, items: [...(before?.items ?? []), ...page.items] }))
      setFault(undefined)
    } catch (error) {
      setFault(faultOf(error))
    }
  }

  return {
    get items() {
      return items()
    },
    get fault() {
      return fault() ?? first.fault
    },
    get hasMore() {
      return next() !== null
    },
    more,
    restart() {
      setOlder(undefined)
      first.refresh()
    },
  }
}
