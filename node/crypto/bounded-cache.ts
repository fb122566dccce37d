/** A map that forgets what was unused for long: the newest `entriesMax / 2` entries used are always there. */
export interface BoundedCache<Value> {
  get(key: string): Value | undefined
  set(key: string, value: Value): void
}

/**
 * Two generations: what is used moves to the younger one, and when that is full it becomes the older one and the
 * older one is dropped. Unlike an order of use this moves nothing while a hot entry is found, which is every time.
 */
export function createBoundedCache<Value>(entriesMax: number): BoundedCache<Value> {
  const half = Math.max(1, Math.floor(entriesMax / 2))
  let young = new Map<string, Value>()
  let old = new Map<string, Value>()

  function set(key: string, value: Value): void {
    young.set(key, value)
    if (young.size < half) return
    old = young
    young = new Map()
  }

  return {
    get(key) {
      const recent = young.get(key)
      if (recent !== undefined) return recent
      const value = old.get(key)
      if (value !== undefined) set(key, value)
      return value
    },
    set,
  }
}
