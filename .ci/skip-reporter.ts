import type { Reporter, TestCase, TestModule } from 'vitest/node'

function sayWhySkipped(test: TestCase): void {
  const result = test.result()
  if (result.state !== 'skipped') return
  process.stdout.write(`SKIPPED ${test.fullName} because ${result.note ?? 'it is marked as skipped'}\n`)
}

/** Ends the output with one line per test that did not run: a green run must not hide what it left out. */
export default class SkipReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    for (const module of modules) for (const test of module.children.allTests()) sayWhySkipped(test)
  }
}
