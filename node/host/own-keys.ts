import type { ControlPort, WalletMade } from '../api/control-port.ts'
import type { DataFolder } from '../config/data-folder.ts'
import { KeystoreError, type KeystoreErrorCode } from '../store/keystore-error.ts'
import { addKey, listKeys } from '../store/keystore-keys.ts'
import type { Passphrases } from '../store/passphrases.ts'

/** What the caller can do something about; the rest is the folder's. */
const REFUSALS: Readonly<
  Partial<Record<KeystoreErrorCode, Extract<WalletMade, { readonly ok: false }>['code']>>
> = {
  keystore_label_invalid: 'label_invalid',
  keystore_locked: 'keys_sealed',
  keystore_passphrase_wrong: 'keys_sealed',
  keystore_passphrase_invalid: 'keys_sealed',
}

/** Keys of the data folder beyond the peer's own, told without opening one. A new one is sealed as the peer's own is. */
export function walletsOf(
  { root }: DataFolder,
  passphrases: Passphrases,
): NonNullable<ControlPort['wallets']> {
  return {
    async list() {
      const further = (await listKeys(root)).filter(({ isIdentity }) => !isIdentity)
      return further.map(({ id, file }) => ({ id, label: file.label }))
    },
    async create(label) {
      try {
        return { ok: true, id: await addKey(root, passphrases, label), label }
      } catch (error) {
        if (!(error instanceof KeystoreError)) throw error
        return { ok: false, code: REFUSALS[error.code] ?? 'keys_unusable', detail: error.message }
      }
    },
  }
}
