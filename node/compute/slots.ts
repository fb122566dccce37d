/** A bounded number of places and a bounded queue before them, served in the order of arrival. */
export interface Slots {
  /** Whether `acquire` would be refused. */
  readonly full: boolean
  /**
   * Waits for a place and returns what gives it back, to be called once. Undefined when the signal fired first
   * or the queue is full.
   */
  acquire(signal: AbortSignal): Promise<(() => void) | undefined>
}

export function createSlots(count: number, queueMax: number): Slots {
  let free = count
  const waiting = new Set<() => void>()

  const release = () => {
    const [next] = waiting
    if (next === undefined) free += 1
    else next()
  }

  const wait = async (signal: AbortSignal) => {
    const turn = Promise.withResolvers<boolean>()
    const onTurn = () => settle(true)
    const onAbort = () => settle(false)
    const settle = (hasTurn: boolean) => {
      waiting.delete(onTurn)
      signal.removeEventListener('abort', onAbort)
      turn.resolve(hasTurn)
    }
    waiting.add(onTurn)
    signal.addEventListener('abort', onAbort, { once: true })
    return (await turn.promise) ? release : undefined
  }

  return {
    get full() {
      return free === 0 && waiting.size >= queueMax
    },

    async acquire(signal) {
      if (signal.aborted) return undefined
      if (free === 0) return waiting.size < queueMax ? await wait(signal) : undefined
      free -= 1
      return release
    },
  }
}
