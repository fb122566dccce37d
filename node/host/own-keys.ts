import type { ControlPort } from '../api/control-port.ts'
import type { DataFolder } from '../config/data-folder.ts'
import { addKey, listKeys } from '../store/keystore-keys.ts'
import type { Passphrases } from '../store/passphrases.ts'

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
    create: async (label) => ({ id: await addKey(root, passphrases, label), label }),
  }
}
