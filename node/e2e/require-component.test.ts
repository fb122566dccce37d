import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { requireComponent } from './require-component.ts'

class Skipped extends Error {}

const context = {
  skip(reason?: unknown): never {
    throw new Skipped(String(reason))
  },
}

describe('requireComponent', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hyperlooms-component-'))
  const empty = join(folder, 'empty')
  afterAll(() => rmSync(folder, { recursive: true }))

  it('finds the component by any of its names', () => {
    const file = join(folder, 'chromium-browser')
    writeFileSync(file, '', { mode: 0o755 })
    const machine = { path: `${empty}:${folder}`, isCi: false }
    expect(requireComponent(context, 'chromium', machine)).toBe(file)
  })

  it('skips with the reason where it is missing', () => {
    const call = () => requireComponent(context, 'chromium', { path: empty, isCi: false })
    expect(call).toThrow(new Skipped('chromium is not installed'))
  })

  it('fails on CI where it is missing', () => {
    const call = () => requireComponent(context, 'chromium', { path: empty, isCi: true })
    expect(call).toThrow('CI skips nothing')
    expect(call).not.toThrow(Skipped)
  })
})
