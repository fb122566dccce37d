import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { requireComponent, requireRoot } from './require-component.ts'

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

describe('requireRoot', () => {
  it('lets root pass, skips for others and fails for them on CI', () => {
    const machine = { path: '', isCi: false }
    requireRoot(context, machine, 0)
    const call = (isCi: boolean) => () => requireRoot(context, { ...machine, isCi }, 1_000)
    expect(call(false)).toThrow(new Skipped('it needs the rights of root'))
    expect(call(true)).toThrow('CI skips nothing')
  })
})
