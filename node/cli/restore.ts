import { resolve } from 'node:path'
import type { Command } from 'commander'
import { defaultDataFolder } from '../config/data-folder.ts'
import type { RestoreProgress, RestoreSummary } from '../store/restore/restore-backup.ts'
import { print, printJson, say } from './output.ts'
import { passphraseOption, passphrasesFrom } from './passphrase.ts'
import { Progress } from './progress.ts'
import { upCommand } from './up-command.ts'

interface RestoreFlags {
  readonly data?: string
  readonly json?: boolean
  readonly replace?: boolean
  readonly iAmTheOnlyWitness?: boolean
  readonly passphraseFile?: string
}

/** `restore`: a backup into the data folder of a peer that doesn't run. */
export function addRestore(program: Command): void {
  program
    .command('restore')
    .description(
      'put the peer of a backup into a data folder that no peer is using; verified as a whole before',
    )
    .argument('<file>', 'a file that "hyperlooms backup" wrote')
    .option('--data <folder>', 'data folder (default: $HYPERLOOMS_DATA or ~/.hyperlooms)')
    .option('--replace', 'move the same peer that is there aside, within the folder; nothing is deleted')
    .option(
      '--i-am-the-only-witness',
      'for a swarm with one witness: no other peer witnesses, no other copy of this one runs, and what was certified since may be lost',
    )
    .addOption(passphraseOption())
    .option('--json', 'print one JSON document')
    .addHelpText('after', AFTER)
    .action(restore)
}

const AFTER = `
A restored peer asks a quorum of witnesses for its account's head before it signs anything, and gets back what was
certified since the backup. If it was a witness it never votes again under this key, since it may have forgotten
votes: the operators name another witness. Never start another copy of the same peer.`

async function restore(file: string, flags: RestoreFlags): Promise<void> {
  const { restoreBackup } = await import('../store/restore/restore-backup.ts')
  const { STORE_VERSION } = await import('../../protocol/records/migrations.ts')
  const progress = new Progress()
  const controller = new AbortController()
  const interrupt = (): void => controller.abort()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt)
  try {
    const summary = await restoreBackup(
      resolve(file),
      resolve(flags.data ?? defaultDataFolder(process.env)),
      {
        passphrases: passphrasesFrom(flags.passphraseFile),
        replace: flags.replace === true,
        onlyWitness: flags.iAmTheOnlyWitness === true,
        storeVersion: STORE_VERSION,
        signal: controller.signal,
        progress: (step) =>
          progress.show(PHASES[step.phase], `${step.records} records, ${step.bodies} bodies`),
      },
    )
    progress.done()
    if (flags.json === true) printJson(documentOf(summary))
    else report(summary, flags.data)
  } finally {
    progress.done()
  }
}

const PHASES: Readonly<Record<RestoreProgress['phase'], string>> = {
  verifying: 'Verifying the backup',
  writing: 'Writing the data folder',
}

function documentOf({ createdMs, movedTo, ...rest }: RestoreSummary): unknown {
  return { ...rest, created_at: new Date(createdMs).toISOString(), moved_to: movedTo }
}

function report({ peer, createdMs, records, bodies, movedTo, votes }: RestoreSummary, data?: string): void {
  const made = new Date(createdMs).toISOString()
  print(`The peer ${peer} is restored as it was at ${made}: ${records} records, ${bodies} bodies`)
  if (movedTo !== null)
    say(`What was there before lies in ${movedTo}; remove it once the peer runs as it should.`)
  say(`Start it with "${upCommand(data)}".`)
  if (votes) say('It votes as the only witness of its swarm.')
  else
    say(
      'As a witness it never votes again under this key. As an owner it first asks the witnesses for its head.',
    )
}
