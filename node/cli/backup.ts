import { resolve } from 'node:path'
import type { Command } from 'commander'
import { dataFolder, defaultDataFolder } from '../config/data-folder.ts'
import { readVersion } from '../config/version.ts'
import type { BackupProgress, BackupSummary } from '../store/backup/write-backup.ts'
import type { Passphrases } from '../store/passphrases.ts'
import { backUpRunning } from './backup-running.ts'
import { connectControl } from './control-client.ts'
import { print, printJson, say } from './output.ts'
import { newPassphrase, passphraseOption, passphrasesFrom } from './passphrase.ts'
import { Progress } from './progress.ts'

interface BackupFlags {
  readonly data?: string
  readonly json?: boolean
  readonly passphraseFile?: string
  readonly plainKeys?: boolean
  readonly bodies: boolean
}

const MIB = 1_024 * 1_024

/** `backup`: one file from which the peer can be restored. */
export function addBackup(program: Command): void {
  program
    .command('backup')
    .description(
      'write keys, charter, settings, ledger and bodies of a peer into one file that must not exist yet',
    )
    .argument('<file>', 'where the backup goes')
    .option('--data <folder>', 'data folder (default: $HYPERLOOMS_DATA or ~/.hyperlooms)')
    .addOption(passphraseOption())
    .option('--plain-keys', 'let keys that have no passphrase lie in the backup without one')
    .option(
      '--without-bodies',
      'leave prompts and answers out: smaller, but this peer can show none of its jobs',
    )
    .option('--json', 'print one JSON document')
    .action((file: string, flags: BackupFlags & { readonly withoutBodies?: boolean }) =>
      backup(file, { ...flags, bodies: flags.withoutBodies !== true }),
    )
}

async function backup(file: string, flags: BackupFlags): Promise<void> {
  // Loaded here, so that the other verbs start in a tenth of a second.
  const { backUpStopped } = await import('../host/stopped-peer.ts')
  const folder = dataFolder(flags.data ?? defaultDataFolder(process.env))
  const passphrases = passphrasesFrom(flags.passphraseFile)
  const request = {
    path: resolve(file),
    passphrase: await passphraseOf(folder.root, flags, passphrases),
    plainKeys: flags.plainKeys === true,
    bodies: flags.bodies,
  }
  const progress = new Progress()
  const controller = new AbortController()
  const interrupt = (): void => controller.abort()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt)
  try {
    const client = await connectControl(folder.root)
    if (client !== undefined) {
      const show = (bytes: number) => progress.show('Writing the backup', `${Math.ceil(bytes / MIB)} MiB`)
      const made = await backUpRunning(client, request, { signal: controller.signal, progress: show })
      progress.done()
      if (flags.json === true) printJson({ path: request.path, ...made })
      else report({ path: request.path, ...made })
      return
    }
    const summary = await backUpStopped({ folder, version: readVersion(), passphrases }, request, {
      signal: controller.signal,
      progress: (step) => progress.show('Writing the backup', textOf(step)),
    })
    progress.done()
    if (flags.json === true) printJson(documentOf(summary))
    else report(summary)
  } finally {
    progress.done()
  }
}

/** What plain keys are sealed with in the backup: the keys' own passphrase, where some are sealed, or a new one. */
async function passphraseOf(
  root: string,
  { passphraseFile, plainKeys }: BackupFlags,
  passphrases: Passphrases,
): Promise<string | undefined> {
  const { listKeys } = await import('../store/keystore-keys.ts')
  const keys = await listKeys(root)
  if (keys.every(({ file }) => file.form === 'sealed') || plainKeys === true) return undefined
  if (keys.some(({ file }) => file.form === 'sealed')) return passphrases.toOpen()
  return newPassphrase(passphraseFile, 'Passphrase for the keys in the backup (8 characters or more)')
}

function textOf({ records, bodies, bytes }: BackupProgress): string {
  return `${records} records, ${bodies} bodies, ${Math.ceil(bytes / MIB)} MiB`
}

function documentOf({ createdMs, ...rest }: BackupSummary): unknown {
  return { ...rest, created_at: new Date(createdMs).toISOString() }
}

type Reported = Pick<BackupSummary, 'path' | 'records' | 'bodies' | 'bytes' | 'keys'> & {
  readonly peer: string
}

function report({ path, records, bodies, bytes, keys, peer }: Reported): void {
  print(`${path}: ${records} records and ${bodies} bodies of the peer ${peer}, ${bytes} bytes`)
  if (keys === 'plain')
    say('The keys lie in it as they are: whoever can read the file owns this peer and its credits.')
  else say('Its keys are sealed: without their passphrase the backup is worth nothing.')
  say('Restored, a witness never votes again under its key; what is signed after this backup is not in it.')
}
