/**
 * Prints `passed failed` for `.ci/run` from Vitest's JSON report, its exit status and whether `check` passed:
 *   node .ci/count-tests.ts tests.json 0 1
 */
import { existsSync, readFileSync } from 'node:fs'
import { parseRecord, recordsIn } from './json.ts'

const [file = '', testStatus = '1', checksPassed = '0'] = process.argv.slice(2)

function countOf(report: Record<string, unknown>, name: string): number {
  const count = report[name]
  return typeof count === 'number' ? count : 0
}

const report = existsSync(file) ? parseRecord(readFileSync(file, 'utf8')) : {}
/** A file that could not be loaded has no tests to count, and must count all the same. */
const unloaded = recordsIn(report['testResults']).filter(
  (result) => result['status'] === 'failed' && recordsIn(result['assertionResults']).length === 0,
).length
const testsPassed = countOf(report, 'numPassedTests')
const testsFailed = countOf(report, 'numFailedTests') + unloaded
const isUnexplained = testsFailed === 0 && (testStatus !== '0' || testsPassed === 0)
const check = checksPassed === '1' ? 1 : 0
const failed = testsFailed + (isUnexplained ? 1 : 0) + (1 - check)
process.stdout.write(`${testsPassed + check} ${failed}\n`)
