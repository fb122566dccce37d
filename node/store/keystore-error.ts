/**
 * - `keystore_exposed`: others than the owner may read or write a key file or the folder of keys.
 * - `keystore_malformed`: a key file isn't what this program writes, or its id doesn't match its seed.
 * - `keystore_version_unknown`: a newer program wrote it.
 * - `keystore_locked`: the key is sealed by a passphrase, and none was given.
 * - `keystore_passphrase_wrong`: the passphrase given doesn't open it.
 * - `keystore_passphrase_invalid`: the passphrase can't be used: too short, too long, or its file is open to others.
 * - `keystore_label_invalid`: what a key is to be called can't be told in a line.
 * - `keystore_failed`: reading or writing failed; `cause` tells why.
 */
export type KeystoreErrorCode =
  | 'keystore_exposed'
  | 'keystore_malformed'
  | 'keystore_version_unknown'
  | 'keystore_locked'
  | 'keystore_passphrase_wrong'
  | 'keystore_passphrase_invalid'
  | 'keystore_label_invalid'
  | 'keystore_failed'

export class KeystoreError extends Error {
  readonly code: KeystoreErrorCode

  constructor(code: KeystoreErrorCode, message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'KeystoreError'
    this.code = code
  }
}

/** A failure of the system as one of the keystore, with the file it concerns; anything else stays what it is. */
export function asKeystoreError(what: string, error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (!(error instanceof Error) || !/^E[A-Z0-9]+$/.test(code)) return error
  return new KeystoreError('keystore_failed', `${what} can't be used: ${error.message}`, error)
}
