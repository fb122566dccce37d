import { createEffect, createSignal, onCleanup, untrack } from 'solid-js'
import { type Fault, faultOf } from '../format/fault.ts'

export interface Asked<T> {
  readonly value: T | undefined
  readonly fault: Fault | undefined
  readonly isAsking: boolean
  /** Asks once more; the last answer stays until the next one is there. */
  again(): void
}

/**
 * Asks once for each question, as soon as there is one; undefined asks nothing. Unlike a resource it holds
 * back no navigation: a slow peer must not freeze the page.
 */
export function createAsked<Q, T>(
  question: () => Q | undefined,
  ask: (question: Q, signal: AbortSignal) => Promise<T>,
): Asked<T> {
  const [value, setValue] = createSignal<T>()
  const [fault, setFault] = createSignal<Fault>()
  const [isAsking, setAsking] = createSignal(false)
  let abort = new AbortController()

  async function answer(asked: Q, signal: AbortSignal): Promise<void> {
    setAsking(true)
    try {
      const found = await ask(asked, signal)
      if (signal.aborted) return
      setValue(() => found)
      setFault(undefined)
    } catch (error) {
      if (signal.aborted) return
      setFault(faultOf(error))
    }
    setAsking(false)
  }

  function again(): void {
    abort.abort()
    abort = new AbortController()
    const asked = untrack(question)
    if (asked !== undefined) void answer(asked, abort.signal)
  }

  createEffect(() => {
    question()
    again()
  })
  onCleanup(() => abort.abort())
  return {
    get value() {
      return value()
    },
    get fault() {
      return fault()
    },
    get isAsking() {
      return isAsking()
    },
    again,
  }
}
