import { describe, expect, it } from 'vitest'
import { hostFault, hostRule } from './host-check.ts'

const rule = hostRule(() => 8_000, ['peer.lan', 'proxy.lan:8443'])

describe('host and origin', () => {
  it.each([
    ['localhost:8000', undefined, undefined],
    ['LOCALHOST:8000', undefined, undefined],
    ['127.0.0.1:8000', 'http://127.0.0.1:8000', undefined],
    ['[::1]:8000', 'http://localhost:8000', undefined],
    ['peer.lan', 'http://peer.lan', undefined],
    ['peer.lan:9000', 'https://peer.lan:9000', undefined],
    ['proxy.lan:8443', 'https://proxy.lan:8443', undefined],
    [undefined, undefined, 'host_not_allowed'],
    ['', undefined, 'host_not_allowed'],
    ['localhost', undefined, 'host_not_allowed'],
    ['localhost:8001', undefined, 'host_not_allowed'],
    ['localhost.:8000', undefined, 'host_not_allowed'],
    ['evil.example:8000', undefined, 'host_not_allowed'],
    ['localhost.evil.example:8000', undefined, 'host_not_allowed'],
    ['user@localhost:8000', undefined, 'host_not_allowed'],
    ['localhost:8000/x', undefined, 'host_not_allowed'],
    ['localhost:8000, evil.example', undefined, 'host_not_allowed'],
    ['proxy.lan:8444', undefined, 'host_not_allowed'],
    ['127.1:8000', undefined, 'host_not_allowed'],
    ['localhost:8000', 'null', 'origin_not_allowed'],
    ['localhost:8000', '', 'origin_not_allowed'],
    ['localhost:8000', 'http://localhost', 'origin_not_allowed'],
    ['localhost:8000', 'http://localhost:3000', 'origin_not_allowed'],
    ['localhost:8000', 'http://evil.example', 'origin_not_allowed'],
    ['localhost:8000', 'http://localhost:8000.evil.example', 'origin_not_allowed'],
    ['localhost:8000', 'http://localhost:8000@evil.example', 'origin_not_allowed'],
    ['localhost:8000', 'file://localhost:8000', 'origin_not_allowed'],
    ['localhost:8000', 'chrome-extension://localhost:8000', 'origin_not_allowed'],
  ])('host %s with origin %s: %s', (host, origin, fault) => {
    expect(hostFault({ host, origin }, rule)).toBe(fault)
  })

  it('knows the default port', () => {
    const onPort80 = hostRule(() => 80, [])
    expect(hostFault({ host: 'localhost', origin: 'http://localhost' }, onPort80)).toBeUndefined()
    expect(hostFault({ host: 'localhost', origin: 'https://localhost' }, onPort80)).toBe('origin_not_allowed')
  })

  it('refuses a mistyped permission', () => {
    expect(() => hostRule(() => 80, ['http://peer.lan'])).toThrow(RangeError)
  })
})
