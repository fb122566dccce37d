import { describe, expect, it } from 'vitest'
import { ConfigError, resolveConfig } from './config.ts'

const NOTHING = { flags: {}, environment: {}, file: {}, filePath: 'config.json' }

describe('resolveConfig', () => {
  it('takes flags before the environment, that before the file, that before the defaults', () => {
    const environment = { HYPERLOOMS_API_PORT: '2', HYPERLOOMS_PRICE: '0.2' }
    const file = {
      api_port: 3,
      price: '0.3',
      region: 'north',
      bootstrap: ['/ip4/10.0.0.1/tcp/1/p2p/a', '/dns4/a/tcp/2/p2p/b'],
    }
    const config = resolveConfig({ ...NOTHING, flags: { apiPort: '1' }, environment, file })
    expect(config).toMatchObject({
      apiPort: 1,
      price: 200_000n,
      region: 'north',
      bootstrap: ['/ip4/10.0.0.1/tcp/1/p2p/a', '/dns4/a/tcp/2/p2p/b'],
      slots: 2,
    })
  })

  it.each([
    [
      { flags: { apiPort: '70000' } },
      'the flag --api-port is "70000"; expected a whole number from 0 to 65535',
    ],
    [{ environment: { HYPERLOOMS_PRICE: '-1' } }, 'the environment variable HYPERLOOMS_PRICE is "-1"'],
    [{ file: { insecure: 'yes' } }, '"insecure" in config.json is "yes"; expected true or false'],
    [{ file: { slots: {} } }, '"slots" in config.json is "{}"'],
    [{ file: { apiPort: 1 } }, 'config.json has the unknown setting "apiPort"'],
    [{ flags: { operator: '' } }, 'the flag --operator is ""'],
    [{ flags: { bootstrap: '/ip4/10.0.0.1/tcp/1' } }, 'expected multiaddrs that end in the peer'],
    [{ flags: { announce: '10.0.0.1:9000' } }, 'expected multiaddrs such as'],
    [{ flags: { providers: 'reference,gpt' } }, 'expected one of reference, ollama'],
  ])('refuses %j and names its origin', (sources, message) => {
    expect(() => resolveConfig({ ...NOTHING, ...sources })).toThrow(ConfigError)
    expect(() => resolveConfig({ ...NOTHING, ...sources })).toThrow(message)
  })
})
