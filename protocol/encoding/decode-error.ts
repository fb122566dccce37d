export type DecodeCode =
  | 'malformed'
  | 'not_canonical'
  | 'wrong_type'
  | 'out_of_range'
  | 'unknown_field'
  | 'missing_field'

/** Foreign bytes that are not a value of the expected shape; `path` names the field, e.g. `body.ops.2.amount`. */
export class DecodeError extends Error {
  readonly code: DecodeCode
  readonly path: string

  constructor(code: DecodeCode, path: string) {
    super(`${code} at ${path === '' ? 'the top' : path}`)
    this.name = 'DecodeError'
    this.code = code
    this.path = path
  }
}
