import { digest, type Infer, nullable, peerId, struct, uint, variants } from '../../encoding/codec.ts'
import type { Digest, JobId } from '../../ids.ts'
import { LIMITS } from '../../params.ts'
import {
  accountLeaf,
  EPOCH_KEY,
  epochLeaf,
  jobLeaf,
  leafKeyOf,
  resolutionLeaf,
  TRUST_KEY,
  trustLeaf,
} from '../leaves.ts'

/** What a leaf of the state digest stands for: with it, anybody can hash the leaf again. */
export const leafContentCodec = variants({
  account: struct({ account: peerId, seq: uint(), head: digest() }),
  job: struct({ job: digest<JobId>(), step: uint(LIMITS.steps), value: digest() }),
  resolution: struct({ account: peerId, number: uint(), value: digest(), surfaced: nullable(digest()) }),
  trust: struct({ number: uint(), chain: digest() }),
  epoch: struct({ epoch: uint() }),
})
export type LeafContent = Infer<typeof leafContentCodec>

/** The leaf and the key that it lies under. */
export function leafOf(content: LeafContent): { readonly key: string; readonly leaf: Digest } {
  switch (content.type) {
    case 'account':
      return { key: content.account, leaf: accountLeaf(content) }
    case 'job':
      return { key: content.job, leaf: jobLeaf(content.step, content.value) }
    case 'resolution':
      return {
        key: leafKeyOf(content.account, content.number),
        leaf: resolutionLeaf(content.value, content.surfaced),
      }
    case 'trust':
      return { key: TRUST_KEY, leaf: trustLeaf(content.number, content.chain) }
    case 'epoch':
      return { key: EPOCH_KEY, leaf: epochLeaf(content.epoch) }
  }
}
