import { type Accessor, createSignal, onCleanup } from 'solid-js'

/** Wall time in milliseconds, renewed once a period while its owner lives. */
export function createClock(periodMs: number): Accessor<number> {
  const [now, setNow] = createSignal(Date.now())
  const timer = setInterval(() => setNow(Date.now()), periodMs)
  onCleanup(() => clearInterval(timer))
  return now
}
