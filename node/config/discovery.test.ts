import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { resolveConfig } from './config.ts'
import { dataFolder } from './data-folder.ts'
import { discoveryOf } from './discovery.ts'

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'hyperlooms-addresses-'))
})
afterEach(() => rm(root, { recursive: true, force: true }))

function discovery(flags: Parameters<typeof resolveConfig>[0]['flags']) {
  return discoveryOf(resolveConfig({ flags, environment: {}, file: {}, filePath: '' }), dataFolder(root))
}

describe('discoveryOf', () => {
  it.each([
    ['by default, which is loopback', {}, { mdns: false, dht: false }],
    ['on loopback by IPv6', { listen: '/ip6/::1/tcp/0' }, { mdns: false, dht: false }],
    ['on every interface', { listen: '/ip4/0.0.0.0/tcp/0' }, { mdns: true, dht: true }],
    ['on both', { listen: '/ip4/127.0.0.1/tcp/0,/ip4/10.0.0.1/tcp/0' }, { mdns: true, dht: true }],
    ['without mDNS', { listen: '/ip4/0.0.0.0/tcp/0', mdns: 'false' }, { mdns: false, dht: true }],
    ['without the table', { listen: '/ip4/0.0.0.0/tcp/0', dht: 'false' }, { mdns: true, dht: false }],
  ])('%s', (_, flags, expected) => {
    expect(discovery(flags)).toMatchObject(expected)
  })

  it('keeps addresses in the data folder', async () => {
    const { file } = discovery({})
    expect(await file.load()).toBeUndefined()
    await file.save('one')
    await file.save('two')
    expect(await file.load()).toBe('two')
    await writeFile(dataFolder(root).addresses, 'three')
    expect(await file.load()).toBe('three')
  })
})
