import type { Command } from 'commander'
import { Option } from 'commander'
import { defaultDataFolder } from '../config/data-folder.ts'
import { acquireLock } from '../store/lock.ts'
import { EXIT } from './exit-codes.ts'
import { CommandError, print, printJson } from './output.ts'
import { newPassphrase, passphraseOption, passphrasesFrom } from './passphrase.ts'
import { textTable } from './table.ts'

interface KeysFlags {
  readonly data?: string
  readonly json?: boolean
  readonly passphraseFile?: string
  readonly newPassphraseFile?: string
  readonly label?: string
}

/** `keys`: the keys in a data folder, and the passphrase that seals them. */
export function addKeys(program: Command): void {
  const keys = program
    .command('keys')
    .description("the keys in a peer's data folder, and the passphrase that seals them")
  dataOptions(
    keys.command('list', { isDefault: true }).description('list the keys by id; none is opened'),
  ).action(listKeyFiles)
  dataOptions(
    keys
      .command('new')
      .description('make a further key, such as of an operator, a treasury or a second wallet')
      .option('--label <text>', 'what you call it')
      .addOption(passphraseOption()),
  ).action(newKey)
  addPassphrase(keys)
}

function addPassphrase(keys: Command): void {
  const passphrase = keys.command('passphrase').description('seal the keys by a passphrase, or take it off')
  dataOptions(
    passphrase
      .command('set')
      .description(
        'seal all keys by a new passphrase; done again after a crash it goes on. A forgotten passphrase can not be had again',
      )
      .addOption(passphraseOption())
      .addOption(new Option('--new-passphrase-file <file>', 'file that holds the new passphrase')),
  ).action(setKeysPassphrase)
  dataOptions(
    passphrase
      .command('remove')
      .description('leave the keys in files that whoever can read them can use')
      .addOption(passphraseOption()),
  ).action(removeKeysPassphrase)
}

function dataOptions(command: Command): Command {
  return command
    .option('--data <folder>', 'data folder (default: $HYPERLOOMS_DATA or ~/.hyperlooms)')
    .option('--json', 'print one JSON document')
}

function rootOf({ data }: KeysFlags): string {
  return data ?? defaultDataFolder(process.env)
}

async function listKeyFiles(flags: KeysFlags): Promise<void> {
  const { listKeys } = await import('../store/keystore-keys.ts')
  const root = rootOf(flags)
  const keys = (await listKeys(root)).map(({ id, path, isIdentity, file }) => ({
    id,
    label: file.label,
    use: isIdentity ? 'peer' : 'further',
    sealed: file.form === 'sealed',
    path,
  }))
  if (flags.json === true) return printJson({ keys })
  if (keys.length === 0) throw noKeys(root)
  const columns = [
    { label: 'key', cell: (key: (typeof keys)[number]) => key.id },
    { label: 'of', cell: ({ use }: (typeof keys)[number]) => (use === 'peer' ? 'the peer' : '-') },
    { label: 'label', cell: ({ label }: (typeof keys)[number]) => label },
    { label: 'passphrase', cell: ({ sealed }: (typeof keys)[number]) => (sealed ? 'yes' : 'none') },
  ]
  print(textTable(columns, keys))
}

async function newKey(flags: KeysFlags): Promise<void> {
  const { addKey } = await import('../store/keystore-keys.ts')
  const id = await addKey(rootOf(flags), passphrasesFrom(flags.passphraseFile), flags.label)
  if (flags.json === true) printJson({ id, label: flags.label ?? '' })
  else print(id)
}

/** Runs under the folder's lock, so that no two commands rewrite the same keys. */
async function rewrite(
  flags: KeysFlags,
  done: string,
  change: (root: string) => Promise<number>,
): Promise<void> {
  const { listKeys } = await import('../store/keystore-keys.ts')
  const { completeRestore } = await import('../store/restore/restore-journal.ts')
  const root = rootOf(flags)
  if ((await listKeys(root)).length === 0) throw noKeys(root)
  const lock = await acquireLock(root)
  try {
    await completeRestore(root)
    const changed = await change(root)
    if (flags.json === true) printJson({ changed })
    else print(`${changed} ${changed === 1 ? 'key' : 'keys'} ${done}`)
  } finally {
    await lock.release()
  }
}

async function setKeysPassphrase(flags: KeysFlags): Promise<void> {
  const { setPassphrase } = await import('../store/keystore-passphrase.ts')
  await rewrite(flags, 'sealed by the new passphrase', async (root) => {
    const next = await newPassphrase(flags.newPassphraseFile, 'New passphrase (8 characters or more)')
    if (next === undefined) {
      const message =
        'There is no terminal to ask for the new passphrase: name a file that holds it with --new-passphrase-file. Nothing was changed.'
      throw new CommandError(message, EXIT.usage)
    }
    return setPassphrase(root, next, passphrasesFrom(flags.passphraseFile))
  })
}

async function removeKeysPassphrase(flags: KeysFlags): Promise<void> {
  const { removePassphrase } = await import('../store/keystore-passphrase.ts')
  await rewrite(flags, 'left without a passphrase', (root) =>
    removePassphrase(root, passphrasesFrom(flags.passphraseFile)),
  )
}

function noKeys(root: string): CommandError {
  return new CommandError(`There is no key in ${root}: name the peer's data folder with --data.`, EXIT.usage)
}
