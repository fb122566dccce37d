import { resolve } from 'node:path'
import type { Command } from 'commander'
import { dataFolder, defaultDataFolder } from '../config/data-folder.ts'
import type { ApiFlags, PeerClient } from './api.ts'
import { connectControl } from './control-client.ts'
import { CHECKS, EXIT_OF, fail, type Finding, worstOf } from './doctor/finding.ts'
import { CommandError, print, printJson } from './output.ts'
import { passphraseOption, passphrasesFrom } from './passphrase.ts'
import { controlOptions } from './reach.ts'

type Flags = Pick<ApiFlags, 'data' | 'json'> & { readonly passphraseFile?: string }

/** `doctor`: what is wrong with a peer, running or not, and what to do about it. */
export function addDoctor(program: Command): void {
  const command = program
    .command('doctor')
    .description('check a peer, running or not; the exit code is that of the worst finding: 0, 3 or 4')
  command.addOption(passphraseOption())
  controlOptions(command).action(async ({ data, json, passphraseFile }: Flags) => {
    const root = resolve(data ?? defaultDataFolder(process.env))
    const findings = await examine(root, passphraseFile)
    const worst = worstOf(findings)
    if (json === true) printJson({ data_folder: root, worst, findings })
    else print(findings.map(lineOf).join('\n'))
    process.exitCode = EXIT_OF[worst]
  })
}

/** In the order of the table of checks; the first finding of a check is the one that matters most. */
async function examine(root: string, passphraseFile: string | undefined): Promise<readonly Finding[]> {
  const folder = dataFolder(root)
  const running = await connectControl(root).catch((error: unknown) => {
    if (error instanceof CommandError) return fail('peer', error.message, 'use_account')
    throw error
  })
  const findings = await (running === undefined
    ? examineAlone()
    : isFinding(running)
      ? [running]
      : examineServed(running))
  return findings.toSorted((a, b) => CHECKS.indexOf(a.check) - CHECKS.indexOf(b.check))

  async function examineAlone(): Promise<readonly Finding[]> {
    const { examineStopped } = await import('./doctor/examine-stopped.ts')
    // Nothing is asked on the terminal: a script that looks after a peer must not stop here.
    return examineStopped(folder, passphraseFile === undefined ? undefined : passphrasesFrom(passphraseFile))
  }

  async function examineServed(client: PeerClient): Promise<readonly Finding[]> {
    const { examineRunning } = await import('./doctor/examine-running.ts')
    const { examineFolder } = await import('./doctor/examine-folder.ts')
    const { finding } = await examineFolder(folder)
    return [finding, ...(await examineRunning(client))]
  }
}

function isFinding(value: PeerClient | Finding): value is Finding {
  return 'check' in value
}

function lineOf({ check, status, sentence, fix }: Finding): string {
  const line = `${status.padEnd(5)} ${check.padEnd(13)} ${sentence}`
  return fix === null ? line : `${line}\n${' '.repeat(20)}-> ${fix.text} (${fix.code})`
}
