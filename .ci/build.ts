/**
 * Builds dist/ for publishing: JavaScript beside the assets that it reads, and the page.
 *   npm run build
 */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { repositoryFiles, ROOT } from './repository.ts'

const DIST = join(ROOT, 'dist')
const ASSETS = /^(protocol|node|simulations)\/(?!vectors\/|.*tsconfig).*\.(json|bin|txt|html)$/
/** tsc rewrites the extension in imports only, so such a path would lead nowhere in dist/. */
const SOURCE_PATH = /new URL\(\s*['"`][^'"`]*\.ts['"`]/

function run(command: string, ...args: string[]): void {
  const { status } = spawnSync(command, args, { cwd: ROOT, stdio: 'inherit' })
  if (status !== 0) process.exit(1)
}

function copyAssets(): void {
  for (const path of repositoryFiles().filter((candidate) => ASSETS.test(candidate))) {
    mkdirSync(dirname(join(DIST, path)), { recursive: true })
    cpSync(join(ROOT, path), join(DIST, path))
  }
}

function refuseSourcePaths(): void {
  const built = readdirSync(DIST, { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.endsWith('.js'),
  )
  const wrong = built.filter((path) => SOURCE_PATH.test(readFileSync(join(DIST, path), 'utf8')))
  if (wrong.length > 0) throw new Error(`these files name a .ts file at run time: ${wrong.join(', ')}`)
  process.stdout.write(`${built.length} modules in dist/\n`)
}

for (const folder of ['protocol', 'node', 'simulations', 'web']) {
  rmSync(join(DIST, folder), { recursive: true, force: true })
}
run('tsc', '-p', 'node/packaging/tsconfig.build.json')
copyAssets()
refuseSourcePaths()
run('vite', 'build', '--logLevel', 'warn')
