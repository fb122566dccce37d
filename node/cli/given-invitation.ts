import { createReadStream } from 'node:fs'
import { ask, isTerminal } from './confirm.ts'
import { EXIT } from './exit-codes.ts'
import { CommandError } from './output.ts'

/** An invitation of most signatures and addresses has some 5,000 characters; whatever is longer is another file. */
const BYTES_MAX = 65_536

/** For the help of what takes one. */
export const INVITATION_WAYS = '"hl1...", or "-" for standard input, or "@FILE"'

interface Surroundings {
  readonly input: AsyncIterable<Uint8Array>
  /** What a person types; undefined where there is none. */
  readonly typed: (() => Promise<string>) | undefined
}

/**
 * An invitation as a user gives it: the text itself, `-` for standard input or `@FILE`, since other users of the machine
 * see what stands on a command line. Throws `CommandError` for a file that can't be read or holds nothing.
 */
export async function givenInvitation(
  given: string,
  { input, typed }: Surroundings = {
    input: process.stdin,
    typed: isTerminal() ? () => ask('Invitation: ') : undefined,
  },
): Promise<string> {
  if (given === '-') return textIn(typed === undefined ? await read(input) : await typed(), 'standard input')
  if (!given.startsWith('@')) return given
  const file = given.slice(1)
  try {
    return textIn(await read(createReadStream(file)), file)
  } catch (error) {
    if (error instanceof CommandError) throw error
    const why = error instanceof Error ? error.message : String(error)
    throw new CommandError(`The invitation can't be read: ${why}`, EXIT.usage)
  }
}

async function read(input: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of input) {
    chunks.push(chunk)
    size += chunk.length
    if (size > BYTES_MAX) throw new CommandError('What was given is too long for an invitation.', EXIT.usage)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function textIn(content: string, where: string): string {
  const text = content.trim()
  if (text !== '') return text
  throw new CommandError(`There is no invitation in ${where}.`, EXIT.usage)
}
