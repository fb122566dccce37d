import { isDigest, type AccountId, type Digest } from '../../ids.ts'
import { TRUST_KEY } from '../leaves.ts'
import type { StateDigest } from '../state-digest.ts'
import type { OwnState } from './closed-state.ts'
import type { Standing } from './trail.ts'
import type { LeafContent } from './leaf-content.ts'

interface OwnParts {
  readonly digest: StateDigest
  /** What this peer's leaf under a key stands for; undefined without one. */
  readonly contentOf: (key: string) => LeafContent | undefined
  readonly genesisOf: (account: AccountId) => Digest
}

/** How a peer stands, read off what its leaves stand for. */
export function ownStateOf({ digest, contentOf, genesisOf }: OwnParts): OwnState {
  const genesis = (chain: string): Standing => {
    if (chain === TRUST_KEY) return { next: 1, head: null }
    return isDigest(chain) ? { next: 0, head: null } : { next: 0, head: genesisOf(chain as AccountId) }
  }
  return {
    contentsOf: (bucket) => digest.keysOf(bucket).flatMap((key) => contentOf(key) ?? []),
    genesisOf: genesis,
    standing(chain) {
      const content = contentOf(chain)
      if (content?.type === 'account') return { next: content.seq, head: content.head }
      if (content?.type === 'job') return { next: content.step + 1, head: content.value }
      if (content?.type === 'trust') return { next: content.number + 1, head: content.chain }
      // Nothing is known of it: its first fact comes next.
      return genesis(chain)
    },
    resolution(leaf) {
      const content = contentOf(leaf)
      return content?.type === 'resolution' ? content : undefined
    },
  }
}
