import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Self } from '../../protocol/api/network-schema.ts'
import { codeOf } from './command.ts'
import { SoloHome, UP } from './solo-home.ts'

let solo: SoloHome
beforeEach(async () => {
  solo = await SoloHome.create('reset')
})
afterEach(() => solo.remove())

const run = (...args: readonly string[]) => solo.run(...args)
const runJson = <T>(...args: readonly string[]) => solo.runJson<T>(...args)
const up = (...more: readonly string[]) => solo.up(...more)

describe('reset', () => {
  it('touches no running peer, and asks', async () => {
    const child = await up('--accept-terms')
    const held = await run('reset', '--yes')
    expect(held.code).toBe(73)
    expect(held.err).toContain(`in use by process ${child.pid}`)
    child.kill('SIGTERM')
    await codeOf(child)
    const asked = await run('reset')
    expect(asked.code).toBe(2)
    expect(asked.err).toContain('never witnesses there again')
    expect(await readdir(solo.data)).toContain('charter.cbor')
  })

  it('moves everything but keys and settings aside, and the peer starts anew with its key', async () => {
    const first = await up('--accept-terms')
    const before = (await runJson<{ self: Self }>('status')).self
    first.kill('SIGTERM')
    await codeOf(first)
    const { removed, moved_to: movedTo } = await runJson<{ removed: string[]; moved_to: string }>(
      'reset',
      '--yes',
    )
    expect(removed).toEqual(expect.arrayContaining(['charter.cbor', 'consent.json', 'store', 'store.mark']))
    expect(removed).not.toContain('identity.key')
    expect((await readdir(movedTo)).sort()).toEqual(removed)
    expect((await run(...UP)).code).toBe(77)
    const again = await up('--accept-terms')
    const after = (await runJson<{ self: Self }>('status')).self
    expect(after.peer_id).toBe(before.peer_id)
    expect(after.swarm_id).not.toBe(before.swarm_id)
    expect(after.votes).toBe(true)
    again.kill('SIGTERM')
    await codeOf(again)
  })

  it('a witness whose records were reset never votes in the old swarm again', async () => {
    const first = await up('--accept-terms')
    const before = (await runJson<{ self: Self }>('status')).self
    first.kill('SIGTERM')
    await codeOf(first)
    const charter = await readFile(join(solo.data, 'charter.cbor'))
    expect((await run('reset', '--yes', '--delete')).code).toBe(0)

    await writeFile(join(solo.data, 'charter.cbor'), charter)
    await up('--accept-terms')
    const after = (await runJson<{ self: Self }>('status')).self
    expect(after.swarm_id).toBe(before.swarm_id)
    expect(after).toMatchObject({ witness: true, votes: false })
  })

  it('nor does one whose charter was lost before, so that nothing told which swarm that was', async () => {
    const first = await up('--accept-terms')
    first.kill('SIGTERM')
    await codeOf(first)
    const charter = await readFile(join(solo.data, 'charter.cbor'))
    await rm(join(solo.data, 'charter.cbor'))
    const refused = await run(...UP, '--accept-terms')
    expect([refused.code, refused.err]).toEqual([73, expect.stringContaining('hyperlooms reset')])
    expect((await run('reset', '--yes', '--delete')).code).toBe(0)

    await writeFile(join(solo.data, 'charter.cbor'), charter)
    await up('--accept-terms')
    expect((await runJson<{ self: Self }>('status')).self).toMatchObject({ witness: true, votes: false })
  })

  it('with --keys makes another peer', async () => {
    const first = await up('--accept-terms')
    const before = (await runJson<{ self: Self }>('status')).self
    first.kill('SIGTERM')
    await codeOf(first)
    const { err, code } = await run('reset', '--yes', '--delete', '--keys')
    expect(code).toBe(0)
    expect(err).toContain('lost for good')
    await up('--accept-terms')
    expect((await runJson<{ self: Self }>('status')).self.peer_id).not.toBe(before.peer_id)
  })
})
