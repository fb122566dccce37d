import type { KeyFile } from './key-file.ts'
import { openSealedKey } from './key-file.ts'
import { KeystoreError } from './keystore-error.ts'

/** Where passphrases come from: a file, a terminal, another program. */
export interface Passphrases {
  /** The one that opens the keys that are there; undefined when there is none to be had. Asked at most once. */
  toOpen(): Promise<string | undefined>
  /** The one that new keys are sealed with; undefined leaves them plain. */
  toSeal(): Promise<string | undefined>
}

export const NO_PASSPHRASES: Passphrases = {
  toOpen: async () => undefined,
  toSeal: async () => undefined,
}

/** Shorter ones are guessed in days even at the cost of `SCRYPT`. */
export const PASSPHRASE_CHARACTERS_MIN = 8
/** A sentence of any length that a person types; a file that is longer holds something else. */
export const PASSPHRASE_BYTES_MAX = 1_024

/** Throws `keystore_passphrase_invalid`. */
export function assertUsable(passphrase: string): void {
  if ([...passphrase].length < PASSPHRASE_CHARACTERS_MIN) {
    throw new KeystoreError(
      'keystore_passphrase_invalid',
      `The passphrase is too short: give it at least ${PASSPHRASE_CHARACTERS_MIN} characters. Nothing was changed.`,
    )
  }
  if (Buffer.byteLength(passphrase) > PASSPHRASE_BYTES_MAX || /[\r\n\0]/.test(passphrase)) {
    throw new KeystoreError(
      'keystore_passphrase_invalid',
      `The passphrase is not one line of at most ${PASSPHRASE_BYTES_MAX} bytes. Nothing was changed.`,
    )
  }
}

/** The seed of a key. Throws `keystore_locked` and `keystore_passphrase_wrong`; `path` is named in them. */
export async function seedOf(key: KeyFile, path: string, passphrases: Passphrases): Promise<Uint8Array> {
  if (key.form === 'plain') return key.seed
  const passphrase = await passphrases.toOpen()
  if (passphrase === undefined) {
    throw new KeystoreError(
      'keystore_locked',
      `The key ${path} is sealed by a passphrase. Start on a terminal, where it is asked for, or name a file that holds it with --passphrase-file or HYPERLOOMS_PASSPHRASE_FILE.`,
    )
  }
  const seed = await openSealedKey(key, passphrase)
  if (seed !== undefined) return seed
  throw new KeystoreError(
    'keystore_passphrase_wrong',
    `The passphrase doesn't open the key ${path}. Nothing was changed; try again, and mind keyboard layout and capitals.`,
  )
}
