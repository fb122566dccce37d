/** A disk's records by key. */
export type Records = ReadonlyMap<string, Uint8Array>
