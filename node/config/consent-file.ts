import { ConfigError } from './config.ts'
import { type DataFolder, readIfThere, replaceFile } from './data-folder.ts'

/** Raised when the terms say something new, so that everybody is asked again. */
export const TERMS_VERSION = 1

/** Who said yes: a person at the terminal, `--accept-terms`, or a command over the control socket. */
export const CONSENT_WAYS = ['terminal', 'flag', 'control'] as const
export type ConsentWay = (typeof CONSENT_WAYS)[number]

/** That the owner agreed to work for others, as it lies in the data folder. */
export interface Consent {
  readonly termsVersion: number
  /** Wall time in milliseconds. */
  readonly acceptedMs: number
  readonly acceptedBy: ConsentWay
  readonly programVersion: string
  /** When it was taken back; undefined while it stands. */
  readonly revokedMs: number | undefined
}

/** undefined before anybody was asked. Throws `ConfigError` for a damaged file: a yes must not be guessed. */
export async function readConsent({ consent: path }: DataFolder): Promise<Consent | undefined> {
  const text = (await readIfThere(path))?.toString('utf8')
  if (text === undefined) return undefined
  const consent = decode(parse(text))
  if (consent !== undefined) return consent
  throw new ConfigError(`${path} is damaged: remove it to be asked again`)
}

/** Replaces the file as a whole; a crash leaves the old or the new one. */
export async function writeConsent({ consent: path }: DataFolder, consent: Consent): Promise<void> {
  const { termsVersion, acceptedMs, acceptedBy, programVersion, revokedMs } = consent
  const content = {
    terms_version: termsVersion,
    accepted_at: new Date(acceptedMs).toISOString(),
    accepted_by: acceptedBy,
    program_version: programVersion,
    revoked_at: revokedMs === undefined ? null : new Date(revokedMs).toISOString(),
  }
  await replaceFile(path, `${JSON.stringify(content, null, 2)}\n`)
}

function decode(value: unknown): Consent | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const fields: Readonly<Record<string, unknown>> = { ...value }
  const termsVersion = fields['terms_version']
  const acceptedMs = msOf(fields['accepted_at'])
  const acceptedBy = CONSENT_WAYS.find((way) => way === fields['accepted_by'])
  const programVersion = fields['program_version']
  const revoked = fields['revoked_at']
  const revokedMs = msOf(revoked)
  if (typeof termsVersion !== 'number' || acceptedMs === undefined || acceptedBy === undefined)
    return undefined
  if (typeof programVersion !== 'string' || (revoked !== null && revokedMs === undefined)) return undefined
  return { termsVersion, acceptedMs, acceptedBy, programVersion, revokedMs }
}

function msOf(value: unknown): number | undefined {
  const ms = typeof value === 'string' ? Date.parse(value) : Number.NaN
  return Number.isNaN(ms) ? undefined : ms
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
