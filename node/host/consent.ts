import type { ConsentView } from '../api/control-port.ts'
import { type Consent, readConsent, TERMS_VERSION, writeConsent } from '../config/consent-file.ts'
import type { DataFolder } from '../config/data-folder.ts'

interface ConsentOptions {
  readonly folder: DataFolder
  readonly programVersion: string
  /** Wall time in milliseconds. */
  readonly now: () => number
}

/** What `up` wrote down, as the running peer sees and changes it. */
export interface ConsentKeeper {
  view(): ConsentView
  /** Nobody was asked where a program embeds the peer: that program answers for it. */
  mayWork(): boolean
  accept(termsVersion: number): Promise<boolean>
  revoke(): Promise<void>
  /** Set once, by whoever must hear of a change. */
  onChange: () => void
}

/** Throws `ConfigError` for a damaged file. */
export async function openConsent({ folder, programVersion, now }: ConsentOptions): Promise<ConsentKeeper> {
  let consent = await readConsent(folder)
  const keep = async (changed: Consent): Promise<void> => {
    await writeConsent(folder, changed)
    consent = changed
    keeper.onChange()
  }
  const keeper: ConsentKeeper = {
    onChange: () => undefined,
    view: () => viewOf(consent),
    mayWork: () => consent === undefined || consent.revokedMs === undefined,
    async accept(termsVersion) {
      if (termsVersion !== TERMS_VERSION) return false
      const accepted = { termsVersion, acceptedMs: now(), acceptedBy: 'control', programVersion } as const
      await keep({ ...accepted, revokedMs: undefined })
      return true
    },
    async revoke() {
      const never = { termsVersion: TERMS_VERSION, acceptedMs: now(), acceptedBy: 'control' } as const
      await keep({ programVersion, ...(consent ?? never), revokedMs: consent?.revokedMs ?? now() })
    },
  }
  return keeper
}

function viewOf(consent: Consent | undefined): ConsentView {
  const known = {
    termsVersion: consent?.termsVersion ?? null,
    currentVersion: TERMS_VERSION,
    acceptedMs: consent?.acceptedMs ?? null,
    acceptedBy: consent?.acceptedBy ?? null,
    revokedMs: consent?.revokedMs ?? null,
  }
  if (consent === undefined) return { status: 'none', ...known }
  return { status: consent.revokedMs === undefined ? 'accepted' : 'revoked', ...known }
}
