/**
 * Adds to package-lock.json the platform packages that npm left out, so that `npm ci` accepts the file:
 *   npm run lock
 * Tools with native code name one optional package per platform. A registry mirror that doesn't carry all of
 * them makes `npm install` omit the missing ones from the lock file, after which `npm ci` refuses that very
 * file. Their version is fixed by the parent and their platform is in their name, so the entry can be written
 * without the registry; what it lacks is the integrity digest, which npm adds where it can reach the package.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { isRecord, type JsonRecord, parseRecord } from './json.ts'

const LOCK_FILE = new URL('../package-lock.json', import.meta.url)
const SYSTEMS = ['android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32']
const PROCESSORS = ['arm64', 'arm', 'ia32', 'loong64', 'ppc64', 'riscv64', 's390x', 'x64']

function platformOf(name: string): JsonRecord {
  const words = name.split(/[/-]/)
  const system = SYSTEMS.find((candidate) => words.includes(candidate))
  const processor = PROCESSORS.find((candidate) => words.includes(candidate))
  const library = name.includes('musl') ? ['musl'] : name.includes('gnu') ? ['glibc'] : undefined
  return {
    ...(processor === undefined ? {} : { cpu: [processor] }),
    ...(system === undefined ? {} : { os: [system] }),
    ...(library === undefined || system !== 'linux' ? {} : { libc: library }),
  }
}

/** The packages that `path` may find under the name `child`, nearest first, as Node resolves them. */
function candidates(path: string, child: string): string[] {
  const found: string[] = []
  for (let at = path; at !== ''; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    found.push(`${at}/node_modules/${child}`)
    if (!at.includes('/node_modules/')) break
  }
  return [...found, `node_modules/${child}`]
}

function missingPlatformPackages(packages: JsonRecord): Map<string, JsonRecord> {
  const missing = new Map<string, JsonRecord>()
  for (const [path, parent] of Object.entries(packages)) {
    if (!isRecord(parent) || !isRecord(parent['optionalDependencies'])) continue
    for (const [name, version] of Object.entries(parent['optionalDependencies'])) {
      if (candidates(path, name).some((candidate) => candidate in packages)) continue
      const isExact = typeof version === 'string' && /^\d+\.\d+\.\d+/.test(version)
      if (!isExact) throw new Error(`${path} asks for ${name}@${String(version)}, which fixes no version`)
      const development = parent['dev'] === true ? { dev: true } : {}
      missing.set(`node_modules/${name}`, { version, ...development, optional: true, ...platformOf(name) })
    }
  }
  return missing
}

const lock = parseRecord(readFileSync(LOCK_FILE, 'utf8'))
const packages = isRecord(lock['packages']) ? lock['packages'] : {}
const missing = missingPlatformPackages(packages)
const byPath = ([left]: [string, unknown], [right]: [string, unknown]): number => (left < right ? -1 : 1)
const completed = Object.fromEntries([...Object.entries(packages), ...missing].sort(byPath))
if (missing.size > 0)
  writeFileSync(LOCK_FILE, `${JSON.stringify({ ...lock, packages: completed }, null, 2)}\n`)
process.stdout.write(`${missing.size} platform packages added to package-lock.json\n`)
