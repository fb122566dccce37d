const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
const encoder = new TextEncoder()

/** A byte order mark stays: every judge must count positions in the same text. */
export function textOf(body: Uint8Array): string {
  return decoder.decode(body)
}

export function bodyOf(text: string): Uint8Array {
  return encoder.encode(text)
}
