import { lstat, readdir, readlink, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * The links `lock.<n>` of a data folder, of which the highest counts. A symbolic link is created together
 * with its content in one step, or not at all if the name is taken; nothing else on a file system needs so
 * little.
 */
export async function highestLink(directory: string): Promise<number> {
  return Math.max(0, ...(await linkNumbers(directory)))
}

/** Content of a link; undefined if it has gone. */
export async function readLink(directory: string, number: number): Promise<string | undefined> {
  try {
    return await readlink(pathOf(directory, number))
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  }
}

/** When a link was made, in milliseconds since 1970; undefined if it has gone. */
export async function linkedSince(directory: string, number: number): Promise<number | undefined> {
  try {
    return Math.floor((await lstat(pathOf(directory, number))).mtimeMs)
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  }
}

/**
 * Creates link `number`, removes the lower ones and tells whether it is now the highest. Only one of several
 * callers can create it. If a higher one exists, this number had come and gone before: the caller's knowledge
 * was outdated, and it has to look again. A link is removed only while a higher one exists, so the highest
 * number never falls.
 */
export async function claimLink(directory: string, number: number, content: string): Promise<boolean> {
  try {
    await symlink(content, pathOf(directory, number))
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false
    throw error
  }
  const numbers = await linkNumbers(directory)
  const highest = Math.max(...numbers)
  const lower = highest > number ? [number] : numbers.filter((other) => other < number)
  await Promise.all(lower.map((other) => rm(pathOf(directory, other), { force: true })))
  return highest === number
}

async function linkNumbers(directory: string): Promise<number[]> {
  return (await readdir(directory))
    .map((name) => /^lock\.([1-9][0-9]{0,14})$/.exec(name)?.[1])
    .filter((text) => text !== undefined)
    .map(Number)
}

function pathOf(directory: string, number: number): string {
  return join(directory, `lock.${number}`)
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
