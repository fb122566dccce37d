import { type Command, Option } from 'commander'
import type { ConfigSources } from '../config/config.ts'
import type { DataFolder } from '../config/data-folder.ts'
import { flagOf, OPTION_NAMES, OPTIONS, type OptionName } from '../config/options.ts'
import { EXIT } from './exit-codes.ts'
import { newKeyText } from './new-key-text.ts'
import { explainBroken, print, say } from './output.ts'
import { passphraseOption, passphrasesFrom } from './passphrase.ts'

interface UpFlags {
  readonly data?: string
  readonly webRoot?: string
  readonly newApiKey?: boolean
  readonly passphraseFile?: string
}

/** `up`: this process becomes a peer until it is told to stop. */
export function addUp(program: Command): void {
  const command = program
    .command('up')
    .description('run a peer; the first start creates its identity and founds a swarm of one')
    .option('--data <folder>', 'data folder (default: $HYPERLOOMS_DATA or ~/.hyperlooms)')
    .option('--new-api-key', 'make another API key in place of the one before')
    .addOption(passphraseOption())
    .addOption(new Option('--web-root <folder>', 'folder of a page that is built already').hideHelp())
  for (const name of OPTION_NAMES) {
    const { about, isSwitch } = OPTIONS[name]
    command.option(isSwitch ? `${flagOf(name)} [true|false]` : `${flagOf(name)} <value>`, about)
  }
  command.action(async (flags: UpFlags & Record<string, unknown>) => {
    await up(flags, flagTexts(flags))
  })
}

function flagTexts(flags: Readonly<Record<string, unknown>>): ConfigSources['flags'] {
  const given = OPTION_NAMES.flatMap((name): [OptionName, string][] => {
    const value = flags[name]
    return typeof value === 'string' || typeof value === 'boolean' ? [[name, String(value)]] : []
  })
  return Object.fromEntries(given)
}

async function up(
  { data, webRoot: givenWebRoot, newApiKey: renewApiKey = false, passphraseFile }: UpFlags,
  flags: ConfigSources['flags'],
): Promise<void> {
  // Loaded here, so that the other verbs start in a tenth of a second.
  const { default: pino } = await import('pino')
  const { resolveConfig } = await import('../config/config.ts')
  const { dataFolder, defaultDataFolder, readConfigFile } = await import('../config/data-folder.ts')
  const { readVersion } = await import('../config/version.ts')
  const { startDaemon } = await import('../daemon.ts')
  const folder = dataFolder(data ?? defaultDataFolder(process.env))
  const file = await readConfigFile(folder)
  const config = resolveConfig({ flags, environment: process.env, file, filePath: folder.config })
  const destination = pino.destination({ dest: 2, sync: true })
  // The log may lie on the very disk that is full: what must be said is then in the exit code.
  destination.on('error', () => undefined)
  const logger = pino({ level: config.logLevel }, destination)
  const stop = stopSignal()
  const webRoot = givenWebRoot ?? (config.web ? await buildPage(stop.signal) : undefined)
  if (stop.signal.aborted) return
  const passphrases = passphrasesFrom(passphraseFile)
  const version = readVersion()
  const daemon = await startDaemon({ folder, config, webRoot, version, logger, renewApiKey, passphrases })
  await announce(daemon, folder)
  const end = await Promise.race([stop.asked, daemon.broken.then((error) => ({ error }))])
  if (end !== undefined) {
    const { message, exitCode } = explainBroken(end.error, folder.root)
    logger.fatal({ err: end.error }, 'the peer stops')
    say(message)
    process.exit(exitCode)
  }
  await daemon.stop()
  // What still holds the event loop belongs to nobody any more.
  process.exit(EXIT.ok)
}

type Running = Awaited<ReturnType<typeof import('../daemon.ts').startDaemon>>

/** A launcher is told over its channel, and may ask how long the mind takes over its events. */
async function announce(daemon: Running, folder: DataFolder): Promise<void> {
  const { id, url, newApiKey } = daemon
  if (process.send === undefined) {
    if (newApiKey !== undefined) print(await newKeyText(newApiKey, folder, process.stdout.isTTY))
    return print(`The peer ${id} runs at ${url} (Ctrl-C stops it)`)
  }
  process.send({ type: 'ready', id, url, newApiKey })
  process.on('message', (message) => {
    if (message === 'durations') process.send?.({ type: 'durations', durations: daemon.durations.summary() })
  })
}

/** Resolves when a signal asks this process to stop, or when the launcher that started it is gone. */
function stopSignal(): { readonly asked: Promise<undefined>; readonly signal: AbortSignal } {
  const controller = new AbortController()
  const { promise, resolve } = Promise.withResolvers<undefined>()
  const stop = (): void => {
    controller.abort()
    resolve(undefined)
  }
  const isLaunched = process.send !== undefined
  // A terminal interrupts the launcher as well, which then stops its peers in good order.
  for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, isLaunched ? () => undefined : stop)
  process.on('SIGTERM', stop)
  if (isLaunched) process.on('disconnect', stop)
  return { asked: promise, signal: controller.signal }
}

/** The page is worth a sentence, but not worth a start that fails. */
async function buildPage(signal: AbortSignal): Promise<string | undefined> {
  const { ensureWebBuilt } = await import('../packaging/build-web.ts')
  try {
    return (await ensureWebBuilt({ signal })).directory
  } catch (error) {
    if (!signal.aborted)
      say(`The page is not served: ${error instanceof Error ? error.message : String(error)}`)
    return undefined
  }
}
