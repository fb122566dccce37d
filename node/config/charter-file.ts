import { DecodeError } from '../../protocol/encoding/decode-error.ts'
import {
  type Charter,
  charterFault,
  decodeCharter,
  encodeCharter,
  swarmIdOf,
} from '../../protocol/swarm/charter.ts'
import { ConfigError } from './config.ts'
import { type DataFolder, readIfThere, replaceFile } from './data-folder.ts'

/** The swarm's genesis as it lies in the data folder; undefined before a swarm was founded or joined. */
export async function readCharter({ charter: path }: DataFolder): Promise<Charter | undefined> {
  const bytes = await readIfThere(path)
  if (bytes === undefined) return undefined
  try {
    const charter = decodeCharter(new Uint8Array(bytes))
    const fault = charterFault(charter)
    if (fault === undefined) return charter
    throw new ConfigError(
      `the charter ${path} is invalid (${fault}): restore it from another member of the swarm`,
    )
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    throw new ConfigError(
      `the charter ${path} is damaged (${error.message}): restore it from another member of the swarm`,
    )
  }
}

/** Writes it as the bytes that are hashed and as a text for people. */
export async function writeCharter(folder: DataFolder, charter: Charter): Promise<void> {
  const text = { swarm: swarmIdOf(charter), ...charter }
  await replaceFile(folder.charterText, `${JSON.stringify(text, readable, 2)}\n`)
  await replaceFile(folder.charter, encodeCharter(charter))
}

function readable(_: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString()
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value
}
