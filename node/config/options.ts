import { isPlainText } from '../../protocol/encoding/plain-text.ts'
import { parseCredits } from '../../protocol/api/credits.ts'
import { LIMITS } from '../../protocol/params.ts'

/** One setting: how its text is read, what it is without one, and what it is for. */
interface Option<T> {
  /** Reads a value; a thrown `RangeError` says what is expected. */
  readonly parse: (text: string) => T
  readonly fallback: T
  readonly about: string
  /** A switch: its flag takes no value. */
  readonly isSwitch: boolean
}

const PORT_MAX = 65_535
const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const
const PROVIDERS = ['reference', 'ollama', 'openai'] as const
/** As systems have it. */
const PATH_BYTES_MAX = 4_096
/** Generations at a time: more would fight over one machine's memory. */
const SLOTS_MAX = 64

function expect(condition: boolean, expected: string): void {
  if (!condition) throw new RangeError(expected)
}

function option<T>(about: string, fallback: T, parse: (text: string) => T): Option<T> {
  return { about, fallback, parse, isSwitch: false }
}

function toggle(about: string, fallback: boolean): Option<boolean> {
  const parse = (text: string): boolean => {
    expect(text === 'true' || text === 'false', 'true or false')
    return text === 'true'
  }
  return { about, fallback, parse, isSwitch: true }
}

function listOf(text: string): readonly string[] {
  return text.split(',').flatMap((part) => part.trim() || [])
}

function whole(min: number, max: number): (text: string) => number {
  return (text) => {
    expect(
      /^\d{1,9}$/.test(text) && Number(text) >= min && Number(text) <= max,
      `a whole number from ${min} to ${max}`,
    )
    return Number(text)
  }
}

function credits(text: string): bigint {
  const units = parseCredits(text)
  if (units === undefined) throw new RangeError('an amount of credits such as 0.01')
  return units
}

function label(bytes: number): (text: string) => string {
  return (text) => {
    const isLabel = text !== '' && isPlainText(text) && Buffer.byteLength(text) <= bytes
    expect(isLabel, `a text of 1 to ${bytes} bytes without control characters`)
    return text
  }
}

function oneOf<const T extends string>(names: readonly T[]): (text: string) => T {
  return (text) => {
    const found = names.find((name) => name === text)
    if (found === undefined) throw new RangeError(`one of ${names.join(', ')}`)
    return found
  }
}

function addresses(text: string): readonly string[] {
  const all = listOf(text)
  expect(
    all.every((address) => address.startsWith('/')),
    'multiaddrs such as /ip4/127.0.0.1/tcp/9000',
  )
  return all
}

function peers(text: string): readonly string[] {
  const all = addresses(text)
  expect(
    all.every((address) => /\/p2p\/[^/]+$/.test(address)),
    'multiaddrs that end in the peer, such as /ip4/192.0.2.1/tcp/9000/p2p/12D3KooW...',
  )
  return all
}

/**
 * Every setting of a peer. `apiPort` is `api_port` in config.json, HYPERLOOMS_API_PORT in the environment and
 * `--api-port` on the command line.
 */
export const OPTIONS = {
  apiHost: option('address the API listens on', '127.0.0.1', label(LIMITS.addressBytes)),
  apiPort: option('port of the API and the page; 0 takes a free one', 8_000, whole(0, PORT_MAX)),
  allowedHosts: option<readonly string[]>('further host names the API answers to', [], listOf),
  insecure: toggle('let the API listen beyond this machine without TLS', false),
  listen: option<readonly string[]>(
    'multiaddrs the swarm listens on',
    ['/ip4/127.0.0.1/tcp/0', '/ip4/127.0.0.1/tcp/0/ws'],
    addresses,
  ),
  announce: option<readonly string[]>(
    'further multiaddrs this peer is reached at, such as a forwarded port',
    [],
    addresses,
  ),
  bootstrap: option<readonly string[]>('multiaddrs of peers to stay connected to', [], peers),
  mdns: toggle('look for members on the local network', true),
  dht: toggle("take part in the swarm's hash table of addresses", true),
  price: option('credits asked for one run', 10_000n, credits),
  providers: option<readonly (typeof PROVIDERS)[number][]>(
    'where answers come from, of reference, ollama, openai',
    PROVIDERS,
    (text) => listOf(text).map(oneOf(PROVIDERS)),
  ),
  ollamaUrl: option('address of Ollama', 'http://127.0.0.1:11434', (text) => {
    expect(URL.canParse(text), 'a URL')
    return text
  }),
  openaiUrl: option(
    'base URL of an OpenAI-compatible server (llama.cpp, vLLM, LM Studio, hosted), such as http://127.0.0.1:8080/v1',
    '',
    (text) => {
      const url = URL.parse(text)
      const isPlain = url !== null && /^https?:$/.test(url.protocol) && url.username + url.password === ''
      expect(isPlain, 'an http or https URL; its key comes from openai_key_file')
      return text
    },
  ),
  /** A key on the command line could be read by every account of the machine. */
  openaiKeyFile: option('file with the key of that server', '', label(PATH_BYTES_MAX)),
  openaiModels: option<readonly string[]>(
    'the models of that server to offer; all without a key, none with one',
    [],
    listOf,
  ),
  /** Off by default: whoever only ran `up` has not agreed that a swarm may stand still when this machine stops. */
  acceptWitness: toggle('agree to be a witness whenever the operators order it', false),
  region: option('region that jobs may ask for', 'local', label(LIMITS.regionBytes)),
  operator: option('label of whoever operates this peer', 'self', label(LIMITS.labelBytes)),
  slots: option('generations at a time', 2, whole(1, SLOTS_MAX)),
  endowment: option('credits a new swarm gives each founding member', 1_000_000_000n, credits),
  lie: toggle('answer falsely, to show how a liar fares', false),
  web: toggle('build and serve the page', true),
  logLevel: option('how much is logged', 'info', oneOf(LOG_LEVELS)),
} as const satisfies Readonly<Record<string, Option<unknown>>>

export type OptionName = keyof typeof OPTIONS
export type Config = { readonly [N in OptionName]: ReturnType<(typeof OPTIONS)[N]['parse']> }

export const OPTION_NAMES = Object.keys(OPTIONS) as readonly OptionName[]

function words(name: string, joint: string): string {
  return name.replace(/[A-Z]/g, (letter) => joint + letter.toLowerCase())
}

export function fileNameOf(name: OptionName): string {
  return words(name, '_')
}

export function environmentNameOf(name: OptionName): string {
  return `HYPERLOOMS_${words(name, '_').toUpperCase()}`
}

export function flagOf(name: OptionName): string {
  return `--${words(name, '-')}`
}
