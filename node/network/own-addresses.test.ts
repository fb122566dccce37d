import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { describe, expect, it } from 'vitest'
import { ADDRESS_CHARACTERS_MAX, OWN_ADDRESSES_MAX } from './limits.ts'
import { toAnnounce } from './own-addresses.ts'

const announced = (...texts: string[]): string[] =>
  toAnnounce(texts.map((text) => multiaddr(text))).map(String)
const LOOPBACK = '/ip4/127.0.0.1/tcp/9000'
const LAN = '/ip4/10.0.0.1/tcp/9000'

describe('what a peer announces', () => {
  it('is loopback only if there is nothing else', () => {
    expect(announced(LOOPBACK, LAN)).toEqual([LAN])
    expect(announced(LOOPBACK)).toEqual([LOOPBACK])
    expect(announced()).toEqual([])
  })

  it('is no more than a heartbeat carries', () => {
    const many = Array.from(
      { length: OWN_ADDRESSES_MAX + 1 },
      (_, at): Multiaddr => multiaddr(`/ip4/10.0.0.${at}/tcp/1`),
    )
    expect(toAnnounce(many.slice(1))).toHaveLength(OWN_ADDRESSES_MAX)
    expect(toAnnounce(many)).toHaveLength(OWN_ADDRESSES_MAX)
  })

  it('is no longer than a heartbeat carries', () => {
    const fits = `/dns4/${'x'.repeat(ADDRESS_CHARACTERS_MAX - '/dns4//tcp/1'.length)}/tcp/1`
    expect(fits).toHaveLength(ADDRESS_CHARACTERS_MAX)
    expect(announced(fits, fits.replace('x', 'xx'), '/dns4/größe/tcp/1', LAN)).toEqual([fits, LAN])
  })
})
