import { type DataFolder } from '../../config/data-folder.ts'
import { acquireLock, isHeldByOwn, LockError } from '../../store/lock.ts'
import { NO_PASSPHRASES, type Passphrases } from '../../store/passphrases.ts'
import { checkDisk } from './disk.ts'
import { checkDocker } from './docker.ts'
import {
  examineCharter,
  examineConsent,
  examineFolder,
  examineKey,
  examineRecords,
  examineSettings,
  messageOf,
} from './examine-folder.ts'
import { fail, type Finding, warn } from './finding.ts'
import { checkGpu } from './gpu.ts'
import { checkModels, checkOpenAi } from './models.ts'
import { checkFreePorts, checkOllama, placesOf } from './ports.ts'

/** What can be told of a data folder on which no peer answers, whatever state it is in. Nothing of it is changed. */
export async function examineStopped(
  folder: DataFolder,
  passphrases: Passphrases = NO_PASSPHRASES,
): Promise<readonly Finding[]> {
  const { finding, gone } = await examineFolder(folder)
  if (gone) return [finding]
  const locked = await underLock(folder, passphrases)
  const { finding: settings, config } = await examineSettings(folder)
  const settled =
    config === undefined
      ? []
      : [
          // A process that holds the folder may well listen, and says nothing here.
          ...(locked.isHeld
            ? []
            : [
                await checkFreePorts([
                  { host: config.apiHost, port: config.apiPort },
                  ...placesOf(config.listen),
                ]),
              ]),
          await checkOllama(config.ollamaUrl),
          await checkModels(config),
          await checkOpenAi(config),
        ]
  return [
    finding,
    ...locked.findings,
    settings,
    await examineConsent(folder),
    await checkDisk(folder.root),
    ...settled,
    await checkGpu(),
    await checkDocker(),
  ]
}

interface Locked {
  readonly findings: readonly Finding[]
  readonly isHeld: boolean
}

async function underLock(folder: DataFolder, passphrases: Passphrases): Promise<Locked> {
  try {
    const lock = await acquireLock(folder.root)
    try {
      const key = await examineKey(folder, passphrases)
      const charter = await examineCharter(folder)
      const records = await examineRecords(folder)
      const parts = [key, charter].filter((each) => each !== undefined)
      return { findings: [STOPPED, ...parts, ...records], isHeld: false }
    } finally {
      await lock.release()
    }
  } catch (error) {
    if (!(error instanceof LockError)) throw error
    if (error.code === 'lock_failed') {
      return { findings: [fail('folder', messageOf(error), 'make_writable')], isHeld: false }
    }
    return { findings: [await heldBy(folder, error.pid)], isHeld: true }
  }
}

const STOPPED = warn(
  'peer',
  'No peer runs: its clock against others, reachability, witnesses and convergence show only while it does.',
  'start_peer',
)

async function heldBy({ root }: DataFolder, pid: number | undefined): Promise<Finding> {
  if (await isHeldByOwn(root)) {
    return fail(
      'peer',
      `Process ${pid} holds the folder and doesn't answer on its control socket.`,
      'restart_peer',
    )
  }
  return fail('peer', `Process ${pid} of another account holds the folder.`, 'use_account')
}
