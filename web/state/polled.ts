import { createSignal, onCleanup } from 'solid-js'
import { type Fault, faultOf } from '../format/fault.ts'

export interface Polled<T> {
  /** The last answer; it stays while later ones fail. */
  readonly value: T | undefined
  readonly fault: Fault | undefined
  /** Asks now, and again a period later. */
  refresh(): void
}

/** Asks at once and then a period after each answer, while the page can be seen. Stops with its owner. */
export function createPolled<T>(fetch: (signal: AbortSignal) => Promise<T>, periodMs: number): Polled<T> {
  const [value, setValue] = createSignal<T>()
  const [fault, setFault] = createSignal<Fault>()
  let timer: ReturnType<typeof setTimeout> | undefined
  let abort = new AbortController()

  async function ask(signal: AbortSignal): Promise<void> {
    try {
      const answer = await fetch(signal)
      if (signal.aborted) return
      setValue(() => answer)
      setFault(undefined)
    } catch (error) {
      if (signal.aborted) return
      setFault(faultOf(error))
    }
    timer = setTimeout(refresh, periodMs)
  }

  function stop(): void {
    clearTimeout(timer)
    abort.abort()
  }

  function refresh(): void {
    stop()
    abort = new AbortController()
    if (document.visibilityState === 'visible') void ask(abort.signal)
  }

  document.addEventListener('visibilitychange', refresh)
  onCleanup(() => {
    document.removeEventListener('visibilitychange', refresh)
    stop()
  })
  refresh()
  return {
    get value() {
      return value()
    },
    get fault() {
      return fault()
    },
    refresh,
  }
}
