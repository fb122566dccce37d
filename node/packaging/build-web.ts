import { execFile } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

export interface WebDirectory {
  /** Absolute path of the folder that holds the page's index.html. */
  readonly directory: string
}

export type WebBuildCode = 'vite-missing' | 'build-failed'

class WebBuildError extends Error {
  readonly code: WebBuildCode

  constructor(code: WebBuildCode, message: string) {
    super(message)
    this.name = 'WebBuildError'
    this.code = code
  }
}

/** What the page is made of; the lock file stands for the packages in it. */
const SOURCES = ['web', 'protocol', 'vite.config.ts', 'package-lock.json']
const NOT_IN_THE_PAGE = /\.(test|acceptance|build)\.tsx?$|(^|\/)(e2e|tables|vectors|README\.md)(\/|$)/
const DIGEST_CHARACTERS = 16
/** A peer goes on serving the build that it started with while others are built. */
const BUILDS_KEPT_MAX = 4
/** The cause stands first in the builder's output, before its stack trace. */
const REASON_CHARACTERS_MAX = 2_000

const execFileAsync = promisify(execFile)

async function filesBelow(root: string, path: string): Promise<string[]> {
  if (!existsSync(join(root, path))) return []
  if ((await stat(join(root, path))).isFile()) return [path]
  const entries = await readdir(join(root, path), { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
}

/** Changes exactly when the page may change: clocks and file times play no part. */
async function digestOfSources(root: string): Promise<string> {
  const found = await Promise.all(SOURCES.map((path) => filesBelow(root, path)))
  const files = found.flat().filter((path) => !NOT_IN_THE_PAGE.test(path))
  const hash = createHash('sha256')
  for (const path of files.sort()) {
    const content = await readFile(join(root, path))
    hash.update(`${path}\0${content.length}\0`).update(content)
  }
  return hash.digest('hex').slice(0, DIGEST_CHARACTERS)
}

function findVite(): string {
  try {
    const manifest = createRequire(import.meta.url).resolve('vite/package.json')
    return join(dirname(manifest), 'bin/vite.js')
  } catch {
    throw new WebBuildError(
      'vite-missing',
      'the page is not built and vite, which builds it, is not installed',
    )
  }
}

async function runVite(root: string, outDir: string, signal: AbortSignal | undefined): Promise<void> {
  const args = [findVite(), 'build', '--config', 'vite.config.ts', '--logLevel', 'warn', '--outDir', outDir]
  // A test run or a development shell sets NODE_ENV, and Vite would build a page for development.
  const env = { ...process.env, NODE_ENV: 'production' }
  try {
    await execFileAsync(process.execPath, args, { cwd: root, env, ...(signal ? { signal } : {}) })
  } catch (error) {
    signal?.throwIfAborted()
    throw new WebBuildError('build-failed', `the page could not be built: ${reasonOf(error)}`)
  }
}

function reasonOf(error: unknown): string {
  const printed = error instanceof Error && 'stderr' in error ? error.stderr : undefined
  return (typeof printed === 'string' ? printed : String(error)).trim().slice(0, REASON_CHARACTERS_MAX)
}

/** Moves a finished build to its name. Who comes second finds the same content there and drops its own. */
async function publish(built: string, directory: string): Promise<void> {
  try {
    await rename(built, directory)
  } catch (error) {
    if (!existsSync(join(directory, 'index.html'))) throw error
    await rm(built, { recursive: true, force: true })
  }
}

async function dropOldBuilds(parent: string): Promise<void> {
  const names = (await readdir(parent)).filter((name) => /^[0-9a-f]+$/.test(name))
  const dated = await Promise.all(
    names.map(async (name) => ({ name, changedMs: (await stat(join(parent, name))).mtimeMs })),
  )
  const old = dated.sort((left, right) => right.changedMs - left.changedMs).slice(BUILDS_KEPT_MAX)
  await Promise.all(old.map(({ name }) => rm(join(parent, name), { recursive: true, force: true })))
}

/**
 * The folder with the built page. An installed package brings it along; in a checkout it is built by Vite in a
 * process of its own (about 2 s) when this state of the sources has no build yet, else found in milliseconds.
 * Processes that start at once may each build, but only whole builds get the name that is returned; a crash
 * leaves a `building-` folder behind that nobody reads. Throws `WebBuildError`, or an AbortError on `signal`.
 */
export async function ensureWebBuilt(options: { readonly signal?: AbortSignal } = {}): Promise<WebDirectory> {
  const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')
  // In a built package this file is dist/node/packaging/build-web.js, so `root` is dist/.
  if (import.meta.url.endsWith('.js')) return { directory: join(root, 'web') }
  const parent = join(root, 'dist/pages')
  const directory = join(parent, await digestOfSources(root))
  if (existsSync(join(directory, 'index.html'))) return { directory }
  await mkdir(parent, { recursive: true })
  const building = join(parent, `building-${randomUUID()}`)
  try {
    await runVite(root, building, options.signal)
    await publish(building, directory)
  } finally {
    await rm(building, { recursive: true, force: true })
  }
  await dropOldBuilds(parent)
  return { directory }
}
