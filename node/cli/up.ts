import { type Command, Option } from 'commander'
import type { ConfigSources } from '../config/config.ts'
import { flagOf, OPTION_NAMES, OPTIONS, type OptionName } from '../config/options.ts'
import { EXIT } from './exit-codes.ts'
import { givenInvitation, INVITATION_WAYS } from './given-invitation.ts'
import { newKeyText } from './new-key-text.ts'
import { explainBroken, explainError, print, say } from './output.ts'
import { passphraseOption, passphrasesFrom } from './passphrase.ts'

interface UpFlags {
  readonly data?: string
  readonly webRoot?: string
  readonly newApiKey?: boolean
  readonly join?: string
  readonly acceptTerms?: boolean
  readonly passphraseFile?: string
}

/** `up`: this process becomes a peer until it is told to stop. */
export function addUp(program: Command): void {
  const command = program
    .command('up')
    .description('run a peer; the first start creates its identity and founds a swarm of one')
    .option('--data <folder>', 'data folder (default: $HYPERLOOMS_DATA or ~/.hyperlooms)')
    .option(
      '--join <invitation>',
      `become a member of a swarm by an invitation (${INVITATION_WAYS}), then run`,
    )
    .option(
      '--accept-terms',
      'agree to what it says it will do, without asking (or HYPERLOOMS_ACCEPT_TERMS=true)',
    )
    .option('--new-api-key', 'make another API key in place of the one before')
    .addOption(passphraseOption())
    .addOption(new Option('--web-root <folder>', 'folder of a page that is built already').hideHelp())
  for (const name of OPTION_NAMES) {
    const { about, isSwitch, fallback } = OPTIONS[name]
    command.option(isSwitch ? `${flagOf(name)} [true|false]` : `${flagOf(name)} <value>`, about)
    if (isSwitch && fallback === true) command.option(`--no-${flagOf(name).slice(2)}`, `do not ${about}`)
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

async function up(given: UpFlags, flags: ConfigSources['flags']): Promise<void> {
  const invitation = given.join === undefined ? undefined : await givenInvitation(given.join)
  const settled = await settle({ ...given, invitation }, flags)
  const { folder, config, logger, logs } = settled
  const stop = stopSignal()
  const webRoot = given.webRoot ?? (config.web ? await buildPage(stop.signal) : undefined)
  if (stop.signal.aborted) return
  const passphrases = passphrasesFrom(given.passphraseFile)
  const { enterOrStay } = await import('../swarm/enter-or-stay.ts')
  const { signal } = stop
  const standing = await enterOrStay({ folder, invitation, passphrases, signal }).catch(endUnstarted)
  if (standing !== undefined) say(standing)
  const { startDaemon } = await import('../daemon.ts')
  const { keepRunning } = await import('../start/keep-running.ts')
  const start = async (isFirst: boolean): Promise<Running> => {
    const daemon = await startDaemon({
      folder,
      config,
      webRoot,
      version: settled.version,
      logger,
      renewApiKey: isFirst && given.newApiKey === true,
      about: { settings: settled.settings, logs },
      passphrases,
    }).catch(endUnstarted)
    announce(daemon, isFirst)
    return daemon
  }
  const end = await keepRunning({ start, asked: stop.asked, warn: (sentence) => logger.warn(sentence) })
  if (end !== undefined) {
    const { message, exitCode } = explainBroken(end.error, folder.root)
    logger.fatal({ err: end.error }, 'the peer stops')
    say(message)
    process.exit(exitCode)
  }
  // What still holds the event loop belongs to nobody any more.
  process.exit(EXIT.ok)
}

/** The channel to a launcher keeps a process alive that has nothing to do any more, and the launcher waiting. */
function endUnstarted(error: unknown): never {
  const { message, exitCode } = explainError(error)
  say(message)
  process.exit(exitCode)
}

interface Settling extends Pick<UpFlags, 'data' | 'acceptTerms'> {
  readonly invitation: string | undefined
}

/** Everything that is settled before anything of a peer is opened: its settings, its log, and that it may run. */
async function settle({ data, acceptTerms, invitation }: Settling, flags: ConfigSources['flags']) {
  // Loaded here, so that the other verbs start in a tenth of a second.
  const { default: pino } = await import('pino')
  const { describeConfig, resolveConfig } = await import('../config/config.ts')
  const { dataFolder, defaultDataFolder, readConfigFile } = await import('../config/data-folder.ts')
  const { readVersion } = await import('../config/version.ts')
  const { LogRing } = await import('../host/log-ring.ts')
  const { isLocalServer } = await import('../config/openai-settings.ts')
  const { requireConsent } = await import('./terms.ts')
  const folder = dataFolder(data ?? defaultDataFolder(process.env))
  const file = await readConfigFile(folder)
  const sources = { flags, environment: process.env, file, filePath: folder.config }
  const config = resolveConfig(sources)
  const version = readVersion()
  const accepts = acceptTerms === true || process.env['HYPERLOOMS_ACCEPT_TERMS'] === 'true'
  await requireConsent({ folder, config, version, invitation, accepts })
  if (config.providers.includes('openai') && config.openaiUrl !== '' && !isLocalServer(config.openaiUrl))
    say(`Prompts leave this machine for ${config.openaiUrl}.`)
  const destination = pino.destination({ dest: 2, sync: true })
  // The log may lie on the very disk that is full: what must be said is then in the exit code.
  destination.on('error', () => undefined)
  const logs = new LogRing()
  const level = config.logLevel
  const streams = [destination, logs].map((stream) => ({
    stream,
    level: level === 'silent' ? 'fatal' : level,
  }))
  const logger = pino({ level }, pino.multistream(streams))
  return { folder, config, settings: describeConfig(sources), version, logger, logs }
}

type Running = Awaited<ReturnType<typeof import('../daemon.ts').startDaemon>>

/**
 * A launcher is told over its channel, and may ask how long the mind takes over its events. Whoever reads a terminal has
 * been told before of a peer that only begins anew; the log says that.
 */
function announce(daemon: Running, isFirst: boolean): void {
  const { id, url, newApiKey } = daemon
  if (process.send === undefined) {
    if (!isFirst) return
    if (newApiKey !== undefined) print(newKeyText(newApiKey, process.stdout.isTTY))
    return print(`The peer ${id} runs at ${url} (Ctrl-C stops it)`)
  }
  process.send({ type: 'ready', id, url, newApiKey })
  if (isFirst) process.on('message', (message) => onMessage?.(message))
  onMessage = (message) => {
    if (message === 'durations') process.send?.({ type: 'durations', durations: daemon.durations.summary() })
  }
}

/** Answers a launcher for the peer that runs now: one that began its ledger anew takes the place of the one before. */
let onMessage: ((message: unknown) => void) | undefined

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
