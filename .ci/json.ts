export type JsonRecord = { [key: string]: unknown }

export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Throws when `text` isn't a JSON object. */
export function parseRecord(text: string): JsonRecord {
  const value: unknown = JSON.parse(text)
  if (!isRecord(value)) throw new Error('expected a JSON object')
  return value
}

export function recordsIn(value: unknown): JsonRecord[] {
  return Array.isArray(value) ? value.filter(isRecord) : []
}
