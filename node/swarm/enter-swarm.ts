import { readJoining } from '../config/join-files.ts'
import type { DataFolder } from '../config/data-folder.ts'
import { createNativeSigner } from '../crypto/native-signer.ts'
import { createNativeVerifier } from '../crypto/native-verifier.ts'
import { askJoin } from '../network/ask-join.ts'
import { loadOrCreateIdentity } from '../store/keystore.ts'
import { requireWhole } from '../store/lost-parts.ts'
import { acquireLock } from '../store/lock.ts'
import type { Passphrases } from '../store/passphrases.ts'
import type { Charter } from '../../protocol/swarm/charter.ts'
import { readInvitation } from './invited.ts'
import { joinSwarm } from './join-swarm.ts'
import { createSwarmKeys } from './swarm-keys.ts'

/** Two exchanges' signatures. */
const CACHE_ENTRIES_MAX = 256

export interface EnterOptions {
  readonly folder: DataFolder
  /** `hl1...` or `hls1...`; undefined goes on with a join that was begun before. */
  readonly invitation: string | undefined
  /** For a key that is sealed. */
  readonly passphrases?: Passphrases
  readonly signal: AbortSignal
  /** Refuses a peer that is a member already, but for one that came in by this very invitation. */
  readonly isNewcomer?: boolean
}

/**
 * Makes the peer of a data folder a member by an invitation, before it runs; the identity is made if there is none.
 * Undefined when there is nothing to redeem. Throws `JoinError`, and the errors of the folder's lock and key.
 */
export async function enterSwarm({
  folder,
  invitation,
  passphrases,
  signal,
  isNewcomer = false,
}: EnterOptions): Promise<Charter | undefined> {
  const text = invitation ?? (await readJoining(folder))
  if (text === undefined) return undefined
  // A text that can't be read leaves nothing behind.
  readInvitation(text)
  const lock = await acquireLock(folder.root)
  try {
    await requireWhole(folder, { isJoining: true })
    const { seed } = await loadOrCreateIdentity(folder.root, passphrases)
    const peer = createNativeSigner(seed)
    const { secretOf, signerOf } = createSwarmKeys(seed, [peer])
    return await joinSwarm({
      folder,
      text,
      peer,
      signerOf,
      secretOf,
      verifier: createNativeVerifier({ cacheEntriesMax: CACHE_ENTRIES_MAX }),
      ask: (question) => askJoin({ seed, ...question }),
      signal,
      isNewcomer,
    })
  } finally {
    await lock.release()
  }
}
