import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Command } from 'commander'
import { swarmIdOf } from '../../protocol/swarm/charter.ts'
import { readCharter } from '../config/charter-file.ts'
import { dataFolder, defaultDataFolder } from '../config/data-folder.ts'
import { noteForgotten } from '../config/forgotten-swarms.ts'
import { ask, isTerminal } from './confirm.ts'
import { EXIT } from './exit-codes.ts'
import { CommandError, print, printJson, say } from './output.ts'
import { upCommand } from './up-command.ts'

interface ResetFlags {
  readonly data?: string
  readonly keys?: boolean
  readonly delete?: boolean
  readonly yes?: boolean
  readonly json?: boolean
}

/** What makes this peer itself: a new start with these has the same id and the same account. */
const KEYS = ['identity.key', 'keys', 'forgotten-swarms.json'] as const
/** The owner's own words, and what runs on the folder. */
const KEPT = ['config.json'] as const
const WORD = 'reset'

/** `reset`: a stopped peer leaves its swarm and forgets everything of it. */
export function addReset(program: Command): void {
  program
    .command('reset')
    .description('make a stopped peer forget its swarm: records are moved aside, or deleted; keys stay')
    .option('--data <folder>', 'data folder of the peer (default: $HYPERLOOMS_DATA or ~/.hyperlooms)')
    .option('--keys', 'the keys as well: whatever credits they hold is lost with them')
    .option('--delete', 'delete instead of moving aside')
    .option('--yes', 'do it without asking')
    .option('--json', 'print JSON')
    .action(reset)
}

async function reset(flags: ResetFlags): Promise<void> {
  const root = flags.data ?? defaultDataFolder(process.env)
  if ((await readdir(root).catch(() => undefined)) === undefined)
    throw new CommandError(`There is no data folder ${root}.`, EXIT.usage)
  const { acquireLock } = await import('../store/lock.ts')
  const { completeRestore } = await import('../store/restore/restore-journal.ts')
  const lock = await acquireLock(root)
  try {
    // Else the key that is still to come would go with the rest of the restore.
    await completeRestore(root)
    const names = affected(await readdir(root), flags.keys === true)
    say(lossText(root, flags))
    await confirm(flags)
    const movedTo = await forget(root, names, flags)
    if (flags.json === true) return printJson({ data_folder: root, removed: names, moved_to: movedTo })
    print(movedTo === null ? `deleted: ${names.join(', ')}` : `moved to ${movedTo}: ${names.join(', ')}`)
    say(`"${upCommand(flags.data)}" founds a swarm of one; with "--join hl1..." it enters another one.`)
  } finally {
    await lock.release()
  }
}

function affected(present: readonly string[], withKeys: boolean): readonly string[] {
  const stays = new Set<string>([...KEPT, ...(withKeys ? [] : KEYS)])
  // What was moved aside before may hold keys: it is never taken for this peer's.
  const isOther = (name: string) =>
    /^lock\.\d+$/.test(name) || name.startsWith('reset-') || name.startsWith('replaced-')
  return present.filter((name) => !stays.has(name) && !isOther(name)).sort()
}

function lossText(root: string, { keys, delete: deletes }: ResetFlags): string {
  const fate = deletes === true ? 'deleted for good' : 'moved aside within that folder'
  const records =
    `Of the peer in ${root} these are ${fate}: its ledger, jobs, prompts and answers, its membership and its ` +
    'consent. What other members hold of them stays. Should it come back to the same swarm, it never witnesses there again.'
  if (keys !== true) return `${records} Its keys stay: it keeps its id and its account.`
  return `${records} Its keys go as well: its id and every credit of its accounts are lost ${
    deletes === true ? 'for good' : 'unless the keys are put back'
  }.`
}

async function confirm({ yes }: ResetFlags): Promise<void> {
  if (yes === true) return
  const hint = 'Nothing was changed: pass --yes to do it.'
  if (!isTerminal()) throw new CommandError(hint, EXIT.usage)
  if ((await ask(`Type "${WORD}" to go on: `)) !== WORD)
    throw new CommandError('Nothing was changed.', EXIT.usage)
}

/**
 * First it is written down that this key forgets its swarm: whatever interrupts the rest, a vote given there is not
 * given twice. Returns where everything was moved to; null when it was deleted.
 */
async function forget(
  root: string,
  names: readonly string[],
  { keys, delete: deletes }: ResetFlags,
): Promise<string | null> {
  const folder = dataFolder(root)
  const charter = await readCharter(folder)
  if (charter !== undefined && keys !== true) await noteForgotten(folder, swarmIdOf(charter))
  // The mark goes last, so that what is left of a store after an interruption is not taken for a whole one.
  const ordered = names.toSorted((a, b) => Number(a === MARK) - Number(b === MARK))
  const movedTo =
    deletes === true ? null : join(root, `reset-${new Date().toISOString().replace(/[:.]/g, '-')}`)
  if (movedTo !== null) await mkdir(movedTo, { mode: 0o700 })
  for (const name of ordered) {
    if (movedTo === null) await rm(join(root, name), { recursive: true })
    else await rename(join(root, name), join(movedTo, name))
  }
  if (keys === true) return movedTo
  const { createStoreMark } = await import('../store/store-mark.ts')
  // A key without a mark would be one whose store is lost; this one begins anew. Where nothing tells which swarm it forgets, it may be any.
  await createStoreMark(root, { replaced: charter === undefined && names.includes('store') })
  return movedTo
}

const MARK = 'store.mark'
