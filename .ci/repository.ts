import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** Paths, relative to the root, of the files that are committed or about to be; a fresh clone has them all. */
export function repositoryFiles(): string[] {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
    cwd: ROOT,
    encoding: 'utf8',
  })
  return [...new Set(listed.split('\0'))]
    .filter((path) => path !== '' && existsSync(`${ROOT}/${path}`))
    .sort()
}

/** Prints each problem on a line of its own; one is enough to make the part fail. */
export function report(problems: readonly string[], summary: string): void {
  for (const problem of problems) process.stdout.write(`${problem}\n`)
  process.stdout.write(`${summary}\n`)
  if (problems.length > 0) process.exitCode = 1
}
