import { Command } from 'commander'
import { readVersion } from '../config/version.ts'
import { EXIT, EXIT_HELP } from './exit-codes.ts'
import { addBackup } from './backup.ts'
import { addBatch } from './batch.ts'
import { addCancel } from './cancel.ts'
import { addConfig } from './config.ts'
import { addConsent } from './consent.ts'
import { addCredits } from './credits.ts'
import { addDoctor } from './doctor.ts'
import { addExplain } from './explain.ts'
import { addJob } from './job.ts'
import { addJobs } from './jobs.ts'
import { addKeys } from './keys.ts'
import { addLocal } from './local.ts'
import { addLogs } from './logs.ts'
import { addNode } from './node.ts'
import { errorDocument, explainError, say } from './output.ts'
import { addReset } from './reset.ts'
import { addRestore } from './restore.ts'
import { addRetry } from './retry.ts'
import { addRun } from './run.ts'
import { addStatus } from './status.ts'
import { addAttach } from './swarm/attach.ts'
import { addSwarm } from './swarm/swarm.ts'
import { addUp } from './up.ts'
import { addWallet } from './wallet.ts'

/** One's own peer, in the order of the help. */
const OWN = [addUp, addLocal, addNode, addConsent, addLogs, addConfig, addDoctor, addReset]
const KEYS = [addKeys, addBackup, addRestore]
const JOBS = [addRun, addBatch, addJob, addJobs, addCancel, addRetry, addExplain, addStatus]
const CREDITS = [addWallet, addCredits]
const SWARM = [addSwarm, addAttach]
const VERBS = [...OWN, ...KEYS, ...JOBS, ...CREDITS, ...SWARM]

/** Runs one command line and sets the process's exit code. */
export async function runProgram(args: readonly string[]): Promise<void> {
  // Whoever read the output has gone: there is nobody to tell, and nothing else to do for a command that prints.
  process.stdout.on('error', () => process.exit())
  process.stderr.on('error', () => undefined)
  const isJson = asksForJson(args)
  const program = new Command('hyperlooms')
    .description('Verified AI answers from a peer-to-peer network')
    .version(readVersion())
    .addHelpText('after', EXIT_HELP)
    .exitOverride()
    // What it says of a mistake is told as JSON below.
    .configureOutput(isJson ? { writeErr: () => undefined, outputError: () => undefined } : {})
    .showHelpAfterError('(add --help for what there is)')
  for (const add of VERBS) add(program)
  refuseStrangers(program)
  try {
    await program.parseAsync([...args], { from: 'user' })
  } catch (error) {
    process.exitCode = report(error, isJson)
  }
}

/** A group that does something by itself would else take a mistyped command for an argument of that. */
function refuseStrangers(group: Command): void {
  for (const command of group.commands) {
    refuseStrangers(command)
    if (command.commands.length > 0) continue
    command.allowExcessArguments().hook('preAction', (_self, { args, registeredArguments }) => {
      const [stranger] = args.slice(registeredArguments.length)
      if (stranger === undefined || registeredArguments.at(-1)?.variadic === true) return
      const others = group.parent === null ? '' : `, whose commands are ${namesOf(group)}`
      command.error(
        `error: '${stranger}' means nothing to "${pathOf(group.parent === null ? command : group)}"${others}`,
      )
    })
  }
}

function namesOf(group: Command): string {
  return group.commands.map((command) => command.name()).join(', ')
}

function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`
}

/** Asked before the line is understood, since what is wrong with it is told as JSON, too. */
function asksForJson(args: readonly string[]): boolean {
  const end = args.indexOf('--')
  return (end < 0 ? args : args.slice(0, end)).includes('--json')
}

/** One sentence on stderr, or one JSON document. */
function report(error: unknown, isJson: boolean): number {
  // Commander has printed its own: help and version end with 0, mistakes with 1.
  if (error instanceof Error && 'exitCode' in error && error.name === 'CommanderError') {
    if (error.exitCode === 0) return EXIT.ok
    if (isJson) sayJson({ code: 'usage', message: error.message })
    return EXIT.usage
  }
  if (isJson) sayJson(errorDocument(error))
  const { message, exitCode } = explainError(error)
  if (!isJson) say(message)
  return exitCode
}

function sayJson(document: { readonly code: string; readonly message: string }): void {
  say(JSON.stringify(document))
}
