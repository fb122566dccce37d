import { formatCredits } from '../../protocol/api/credits.ts'
import { LIMITS } from '../../protocol/params.ts'
import { createProviders } from '../compute/providers.ts'
import { readCharter } from '../config/charter-file.ts'
import { type ConsentWay, readConsent, TERMS_VERSION, writeConsent } from '../config/consent-file.ts'
import type { DataFolder } from '../config/data-folder.ts'
import { readJoining } from '../config/join-files.ts'
import { isLocalServer, openAiSettings } from '../config/openai-settings.ts'
import type { Config } from '../config/options.ts'
import { ask, isTerminal } from './confirm.ts'
import { EXIT } from './exit-codes.ts'
import { CommandError, say } from './output.ts'

interface TermsInput {
  readonly folder: DataFolder
  readonly config: Config
  readonly version: string
  /** `--join`. */
  readonly invitation?: string | undefined
  /** `--accept-terms`. */
  readonly accepts: boolean
}

const MODELS_TIMEOUT_MS = 2_000
const MODELS_SHOWN_MAX = 8

/**
 * Sees to it that somebody agreed to what this peer will do before it does anything: the first time, and whenever
 * the terms have changed. What was revoked stays revoked, whatever a script passes: the peer starts and takes no work. Throws
 * `CommandError` with exit code 77 where nobody agrees; nothing was written then.
 */
export async function requireConsent(input: TermsInput): Promise<void> {
  const { folder, accepts } = input
  const known = await readConsent(folder)
  if (known?.revokedMs !== undefined) {
    return say('Consent is revoked: this peer takes no work until "hyperlooms consent accept".')
  }
  if (known?.termsVersion === TERMS_VERSION) return
  if (accepts) return agree(input, 'flag')
  if (!isTerminal()) throw unasked(known !== undefined)
  say(await termsText(input))
  const answer = await ask('Run this peer? [y/N] ')
  if (!/^y(es)?$/i.test(answer)) throw declined()
  await agree(input, 'terminal')
}

async function agree({ folder, version }: TermsInput, acceptedBy: ConsentWay): Promise<void> {
  const { createSyncedDirectory } = await import('../store/synced-file.ts')
  await createSyncedDirectory(folder.root)
  await writeConsent(folder, {
    termsVersion: TERMS_VERSION,
    acceptedMs: Date.now(),
    acceptedBy,
    programVersion: version,
    revokedMs: undefined,
  })
}

function unasked(before: boolean): CommandError {
  const why = before
    ? 'The terms have changed since they were accepted'
    : 'Nobody has agreed yet to what it does'
  const message =
    `${why}, and this is no terminal to ask on, so the peer is not started (consent_missing). Run "hyperlooms up" ` +
    'on a terminal once to read and accept it, or pass --accept-terms.'
  return new CommandError(message, EXIT.consentMissing)
}

function declined(): CommandError {
  return new CommandError('Nothing was started or written (consent_declined).', EXIT.consentMissing)
}

/** What will run, for whom, within which limits, and where it can be reached. */
async function termsText(input: Omit<TermsInput, 'accepts' | 'version'>): Promise<string> {
  const { folder, config } = input
  const { apiHost, apiPort, slots, price, listen } = config
  const kibibytes = LIMITS.promptBytes / 1_024
  const rows = [
    ['answers with', await modelsText(config)],
    ['work from', await membersText(input)],
    [
      'readable by',
      'prompts by the nodes elected for them, public ones by all members; answers by all witnesses',
    ],
    [
      'limits',
      `${slots} answers at a time, prompts of at most ${kibibytes} KiB; asks ${formatCredits(price)} credits each`,
    ],
    [
      'open ports',
      `API and page on http://${apiHost}:${apiPort === 0 ? '(any free port)' : apiPort}; swarm on ${listen.join(', ')}`,
    ],
    ['data', `${folder.root}: keys, ledger, prompts and answers`],
    ['take it back', '"hyperlooms consent revoke" or "hyperlooms pause", any time'],
  ]
  const lines = rows.map(([label = '', text = '']) => `  ${label.padEnd(14)}${text}`)
  return ['This peer will answer prompts on this machine:', ...lines].join('\n')
}

/** For whom it works: the swarm that it belongs to, else the one that it is about to join, else one that it founds. */
export async function membersText({
  folder,
  invitation,
}: Pick<TermsInput, 'folder' | 'invitation'>): Promise<string> {
  const charter = await readCharter(folder)
  if (charter !== undefined) {
    const { name, founders, admission } = charter
    const joining = admission === 'invite' ? 'whoever they invite' : 'whoever joins: admission is open'
    return `members of the swarm "${name}": ${founders.length} founders and ${joining}`
  }
  const text = invitation ?? (await readJoining(folder))
  if (text === undefined) return 'nobody but you: it founds a swarm of its own, with no other members yet'
  const { readInvitation } = await import('../swarm/invited.ts')
  return `members of the swarm ${readInvitation(text).swarm}, which this invitation leads into`
}

async function modelsText(config: Config): Promise<string> {
  const { providers: names, ollamaUrl, openaiUrl } = config
  const providers = createProviders({ names, ollamaUrl, openAi: await openAiSettings(config) })
  const models = await Promise.all(
    providers.map(async (provider) => {
      const offered = await provider.models(AbortSignal.timeout(MODELS_TIMEOUT_MS)).catch(() => [])
      const names = offered.map(({ name }) => name)
      const more = names.length - MODELS_SHOWN_MAX
      const shown = names.slice(0, MODELS_SHOWN_MAX).join(', ')
      const away =
        provider.name === 'openai' && !isLocalServer(openaiUrl) ? `: PROMPTS LEAVE FOR ${openaiUrl}` : ''
      return `${shown === '' ? 'none yet' : shown}${more > 0 ? ` and ${more} more` : ''} (${provider.name}${away})`
    }),
  )
  return models.length === 0 ? 'no model: it only witnesses' : models.join('; ')
}
