/** Limits on the size of files, no silenced check, and no trace of the machine they were written on. */
import { readFileSync } from 'node:fs'
import { report, repositoryFiles, ROOT } from './repository.ts'

/** A file that long holds more than one concept. */
const LINES_MAX = 500
const LINES_WORTH_A_THOUGHT = 300
const THIS_FILE = '.ci/check-files.ts'
const CODE = /\.(c?js|tsx?|css|html|sh)$|^\.ci\/run$/
/** Assets that a script writes. */
const GENERATED =
  /^protocol\/verification\/tables\/|^protocol\/vectors\/.*\.json$|^package-lock\.json$|^LICENSE$/
const BINARY = /\.(png|jpe?g|gif|webp|ico|woff2?|gz|bin|wasm)$/
/** Home and checkout folders of a particular machine. */
const MACHINE_PATH = /(?<![\w.@:/-])\/(?:work|root)\/[\w.-]*/

interface Ban {
  readonly files: RegExp
  readonly text: RegExp
  readonly reason: string
}

const BANS: readonly Ban[] = [
  { files: /./, text: MACHINE_PATH, reason: 'a path of one machine' },
  {
    files: /\.tsx?$/,
    text: /(?:eslint|oxlint)-disable|biome-ignore|@ts-(?:ignore|nocheck)/,
    reason: 'mend what a check finds, or change the rule for all',
  },
  {
    files: /^protocol\/(?!.*\.(?:test|build)\.ts$).*\.ts$/,
    text: /\\p\{/iu,
    reason: 'engines differ in their Unicode data: use the pinned tables',
  },
]

function sizeProblems(path: string, text: string): string[] {
  const lines = text.split('\n').length - 1
  if (!CODE.test(path) || lines <= LINES_WORTH_A_THOUGHT) return []
  if (lines > LINES_MAX) return [`${path}: ${lines} lines, at most ${LINES_MAX}`]
  process.stdout.write(`warning: ${path}: ${lines} lines\n`)
  return []
}

function banProblems(path: string, text: string): string[] {
  if (path === THIS_FILE) return []
  return BANS.filter((ban) => ban.files.test(path)).flatMap((ban) => {
    const found = ban.text.exec(text)
    if (found === null) return []
    const line = text.slice(0, found.index).split('\n').length
    return [`${path}:${line}: ${found[0]}: ${ban.reason}`]
  })
}

const files = repositoryFiles().filter((path) => !BINARY.test(path) && !GENERATED.test(path))
const problems = files.flatMap((path) => {
  const text = readFileSync(`${ROOT}/${path}`, 'utf8')
  return [...sizeProblems(path, text), ...banProblems(path, text)]
})
if (files.length === 0) problems.push('git knows no file: nothing was checked')
report(problems, `${files.length} files`)
