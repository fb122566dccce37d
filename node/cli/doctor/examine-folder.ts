import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import { PREFIXES } from '../../../protocol/records/keys.ts'
import { STORE_VERSION } from '../../../protocol/records/migrations.ts'
import { createRoster } from '../../../protocol/swarm/live-roster.ts'
import { ownRules, RULES_MISSING } from '../../config/lexicon.ts'
import { storeVersionOf } from '../../store/migrate-store.ts'
import { readConsent, TERMS_VERSION } from '../../config/consent-file.ts'
import { type Config } from '../../config/options.ts'
import { ConfigError, resolveConfig } from '../../config/config.ts'
import { type DataFolder, readConfigFile } from '../../config/data-folder.ts'
import { readCharter } from '../../config/charter-file.ts'
import { readJoined } from '../../config/join-files.ts'
import { latestRecordMs } from '../../host/records.ts'
import { KeystoreError } from '../../store/keystore-error.ts'
import { lostPart } from '../../store/lost-parts.ts'
import { openKeystore } from '../../store/keystore-keys.ts'
import { NO_PASSPHRASES, type Passphrases } from '../../store/passphrases.ts'
import { type Store, StoreError } from '../../store/store.ts'
import { examineStore } from '../../store/store-recovery.ts'
import { fail, fine, type Finding, warn } from './finding.ts'
import { spanOf } from './judge-clock.ts'

const FOREIGN_MODE = 0o077
/** Records are written by the peer's clock, which may run ahead of the machine's by a little. */
const RECORDS_AHEAD_MS = 60_000

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

/** The charter of a stopped peer, and how it came into its swarm. */
export async function examineCharter(folder: DataFolder): Promise<Finding | undefined> {
  const lost = await lostPart(folder)
  if (lost?.code === 'charter_lost') return fail('folder', lost.message, 'restore_charter')
  const damaged = (read: Promise<unknown>) =>
    read.then(
      () => undefined,
      (error: unknown) => `${messageOf(error)}.`,
    )
  const charter = await damaged(readCharter(folder))
  if (charter !== undefined) return fail('folder', charter, 'restore_charter')
  const joined = await damaged(readJoined(folder))
  return joined === undefined ? undefined : fail('folder', joined, 'restore_membership')
}

/** Whether the folder is there, and closed to others; `gone` ends the examination. */
export async function examineFolder(folder: DataFolder): Promise<{ finding: Finding; gone: boolean }> {
  const { root } = folder
  try {
    const status = await lstat(root)
    if (!status.isDirectory()) {
      return { finding: fail('folder', `${root} is not a folder.`, 'name_folder'), gone: true }
    }
    const key = await lstat(join(root, 'identity.key')).catch(() => undefined)
    if (key !== undefined && (key.mode & FOREIGN_MODE) !== 0) {
      return {
        finding: fail('folder', `The key in ${root} is open to other users.`, 'close_key'),
        gone: false,
      }
    }
    const lost = key === undefined ? await lostPart(folder) : undefined
    if (lost !== undefined) return { finding: fail('folder', lost.message, 'restore_key'), gone: false }
    if (status.uid !== process.getuid?.()) {
      const sentence = `${root} belongs to another account.`
      return { finding: fail('folder', sentence, 'use_account'), gone: false }
    }
    if ((status.mode & FOREIGN_MODE) !== 0) {
      const sentence = `Other users can look into ${root}.`
      return { finding: warn('folder', sentence, 'close_folder'), gone: false }
    }
    const sentence =
      key === undefined ? `${root} has no key yet: no peer was started here.` : `${root} is closed to others.`
    return {
      finding: key === undefined ? warn('folder', sentence, 'start_peer') : fine('folder', sentence),
      gone: false,
    }
  } catch (error) {
    const isMissing = codeOf(error) === 'ENOENT'
    const finding = isMissing
      ? fail('folder', `There is no data folder ${root}: no peer was started here.`, 'start_peer')
      : fail('folder', `${root} can't be looked at: ${messageOf(error)}.`, 'use_account')
    return { finding, gone: true }
  }
}

const PASSPHRASE_FAULTS: ReadonlySet<string> = new Set([
  'keystore_passphrase_wrong',
  'keystore_passphrase_invalid',
])

/** The keys of a stopped peer. Sealed ones are opened where their passphrase is given, else only read. */
export async function examineKey(
  { root }: DataFolder,
  passphrases: Passphrases = NO_PASSPHRASES,
): Promise<Finding | undefined> {
  const isThere = await lstat(join(root, 'identity.key')).catch(() => undefined)
  if (isThere === undefined) return undefined
  try {
    await openKeystore(root, passphrases)
    return undefined
  } catch (error) {
    if (error instanceof KeystoreError && error.code === 'keystore_malformed')
      return fail('folder', messageOf(error), 'restore_key')
    if (error instanceof KeystoreError && PASSPHRASE_FAULTS.has(error.code))
      return fail('folder', messageOf(error), 'give_passphrase')
    // What is exposed was said of the folder; a key that can't be read now says nothing of its content.
    return undefined
  }
}

/** What a start without flags would go by; undefined where a setting is wrong. */
export async function examineSettings(
  folder: DataFolder,
): Promise<{ finding: Finding; config: Config | undefined }> {
  try {
    const file = await readConfigFile(folder)
    const config = resolveConfig({ flags: {}, environment: process.env, file, filePath: folder.config })
    return { finding: fine('settings', 'The settings can be used.'), config }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return { finding: fail('settings', `${error.message}.`, 'mend_settings'), config: undefined }
  }
}

export async function examineConsent(folder: DataFolder): Promise<Finding> {
  try {
    const consent = await readConsent(folder)
    if (consent === undefined)
      return warn('consent', 'Nobody has agreed yet to what a peer does: it would ask.', 'accept_terms')
    if (consent.revokedMs !== undefined)
      return warn('consent', 'Consent was revoked: the peer takes no work.', 'accept_terms')
    if (consent.termsVersion !== TERMS_VERSION)
      return warn('consent', 'The terms have changed since they were accepted: it would ask.', 'accept_terms')
    return fine('consent', `Consent was given at ${new Date(consent.acceptedMs).toISOString()}.`)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return fail('consent', `${error.message}.`, 'mend_settings')
  }
}

/** The store and, by its newest record, the clock. The caller holds the lock. */
export async function examineRecords(folder: DataFolder): Promise<readonly Finding[]> {
  const hasStore = await lstat(folder.store).catch(() => undefined)
  const hasKey = await lstat(join(folder.root, 'identity.key')).catch(() => undefined)
  if (hasStore === undefined && hasKey === undefined) return [fine('store', 'There are no records yet.')]
  try {
    const examined = await examineStore(folder)
    if ('damage' in examined) {
      const { code, detail } = examined.damage
      return [fail('store', `${detail} (${code})`, 'restore_store')]
    }
    try {
      const newestMs = await latestRecordMs(examined.store)
      const clock = judgeRecordClock(newestMs, Date.now())
      return [fine('store', 'The store is whole.'), clock, ...(await examineRules(folder, examined.store))]
    } finally {
      await examined.store.close()
    }
  } catch (error) {
    if (!(error instanceof StoreError)) throw error
    const fix = error.code === 'store_version_unknown' ? 'update_program' : 'restore_store'
    return [fail('store', `${error.message} (${error.code})`, fix)]
  }
}

/** A record from the future tells that the clock went back: nothing else of a stopped peer tells the time. */
export function judgeRecordClock(newestMs: number, nowMs: number): Finding {
  const aheadMs = newestMs - nowMs
  if (aheadMs <= RECORDS_AHEAD_MS) return fine('clock', 'The clock is not behind the newest record.')
  const sentence = `The newest record is from ${spanOf(aheadMs)} in the future: the clock is wrong, or was then.`
  return fail('clock', sentence, 'set_clock')
}

/** Whether this program brings what the newest epoch that the peer knows judges by; a charter that can't be read is another finding. */
async function examineRules(folder: DataFolder, store: Store): Promise<readonly Finding[]> {
  const charter = await readCharter(folder).catch(() => undefined)
  if (charter === undefined) return []
  const roster = createRoster(charter)
  // Records of an earlier version are brought to this one by the next start.
  if ((await storeVersionOf(store, STORE_VERSION)) === STORE_VERSION)
    for await (const record of store.scan({ prefix: PREFIXES.epoch })) roster.restore(record)
  return judgeRules(roster.governance.rules, await ownRules())
}

export function judgeRules(named: string, own: string): readonly Finding[] {
  return named === own ? [] : [fail('rules', RULES_MISSING, 'bring_rules')]
}
