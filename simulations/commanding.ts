import type { Command, CommandResult } from '../protocol/peer/command.ts'
import type { EpochCommand, EpochResult } from '../protocol/peer/epoch-command.ts'
import type { Body } from './body.ts'
import type { Random } from './random.ts'

interface Commanded {
  readonly body: Body
}

/** What owners ask of their peers. A result, once it left, is found under the number that the command was given. */
export interface Commanding {
  command(peer: Commanded, command: Command): number
  resultOf(command: number): CommandResult | undefined
  /** The same for what concerns the next epoch. */
  epochCommand(peer: Commanded, command: EpochCommand): number
  epochResultOf(command: number): EpochResult | undefined
}

export interface Answers {
  respond(command: number, result: CommandResult): void
  respondEpoch(command: number, result: EpochResult): void
}

export function createCommanding(entropy: Random): Commanding & Answers {
  const results = new Map<number, CommandResult>()
  const epochResults = new Map<number, EpochResult>()
  let commands = 0
  return {
    command(peer, command) {
      commands += 1
      peer.body.handle({ type: 'command', id: commands, command, entropy: entropy.bytes(32) })
      return commands
    },
    epochCommand(peer, command) {
      commands += 1
      peer.body.handle({ type: 'epoch-command', id: commands, command })
      return commands
    },
    resultOf: (command) => results.get(command),
    epochResultOf: (command) => epochResults.get(command),
    respond: (command, result) => void results.set(command, result),
    respondEpoch: (command, result) => void epochResults.set(command, result),
  }
}
