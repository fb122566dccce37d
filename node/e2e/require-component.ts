import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { TestContext } from 'vitest'

/** What some tests need and a machine may lack: the names under which it may be installed. */
const COMPONENTS = {
  chromium: ['chromium', 'chromium-browser', 'google-chrome'],
  ip: ['ip'],
  iptables: ['iptables'],
  mount: ['mount'],
  script: ['script'],
} as const

export type Component = keyof typeof COMPONENTS

interface Machine {
  /** Folders to look in, separated as in PATH. */
  readonly path: string
  /** On CI a missing component is a failure, or a broken installation would look like a green run. */
  readonly isCi: boolean
}

const USUAL_FOLDERS = ['/usr/bin', '/usr/sbin', '/usr/local/bin', '/snap/bin']

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function thisMachine(): Machine {
  return {
    path: [process.env['PATH'] ?? '', ...USUAL_FOLDERS].join(delimiter),
    isCi: process.env['CI'] === 'true',
  }
}

/**
 * The path of an installed component. Without it the test is skipped with the reason, which the end of the run
 * repeats as `SKIPPED <test> because <why>`; on CI the test fails.
 */
export function requireComponent(
  context: Pick<TestContext, 'skip'>,
  component: Component,
  machine: Machine = thisMachine(),
): string {
  const folders = machine.path.split(delimiter).filter((folder) => folder !== '')
  const files = COMPONENTS[component].flatMap((name) => folders.map((folder) => join(folder, name)))
  const found = files.find(isExecutable)
  if (found !== undefined) return found
  return skip(context, `${component} is not installed`, machine)
}

/** Mounts and network namespaces are the superuser's; without it the test is skipped, or fails on CI. */
export function requireRoot(
  context: Pick<TestContext, 'skip'>,
  machine: Machine = thisMachine(),
  user: number | undefined = process.getuid?.(),
): void {
  if (user !== 0) skip(context, 'it needs the rights of root', machine)
}

function skip(context: Pick<TestContext, 'skip'>, reason: string, { isCi }: Machine): never {
  if (isCi) throw new Error(`${reason}, and CI skips nothing`)
  return context.skip(reason)
}
