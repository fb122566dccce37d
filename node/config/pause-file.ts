import { rm } from 'node:fs/promises'
import { type DataFolder, readIfThere, replaceFile } from './data-folder.ts'

/** Whether the owner paused the node. The file's presence says so: nothing in it can be damaged. */
export async function readPaused({ paused }: DataFolder): Promise<boolean> {
  return (await readIfThere(paused)) !== undefined
}

/** Idempotent; a crash leaves it as it was or as it is to be. */
export async function writePaused({ paused }: DataFolder, isPaused: boolean): Promise<void> {
  if (isPaused) await replaceFile(paused, `paused ${new Date().toISOString()}\n`)
  else await rm(paused, { force: true })
}
