import type { Signer } from '../crypto/signer.ts'
import { quorumOf } from '../encoding/quorum.ts'
import { sign } from '../encoding/signed.ts'
import type { Certificate } from '../ledger/certificate.ts'
import { ENTRY, type Entry, entryIdOf, genesisOf, type SignedEntry, VOTE } from '../ledger/entry.ts'
import { OUTPUT_MIN } from '../params.ts'
import { TestEpochs } from './testing-orders.ts'

/** For tests: four witnesses and an account, the fifth peer's, that was given credits and has signed nothing. */
export function fundedSwarm() {
  const epochs = new TestEpochs(4)
  epochs.mint(4, 100n * OUTPUT_MIN)
  return epochs
}

/** For tests: an account's first entry, paying `to`; signed by its owner, whoever drives it. */
export function paying(epochs: TestEpochs, to: number, change: Partial<Entry> = {}, by = 4): SignedEntry {
  const { roster } = epochs.view(0)
  const owner = epochs.signer(by)
  const [source] = [...epochs.minds.storeOf(epochs.id(0)).keys()].flatMap((key) => {
    const [kind, account, from] = key.split('/')
    return kind === 'output' && account === owner.id && from !== undefined ? [from] : []
  })
  const claims = [{ source: source as never, index: 0 }]
  const ops = [{ type: 'transfer' as const, to: epochs.id(to), amount: OUTPUT_MIN, memo: '' }]
  const body = { account: owner.id, seq: 0, prev: genesisOf(roster.swarm, owner.id), claims, ops }
  return sign(owner, roster.swarm, ENTRY, { ...body, free: 99n * OUTPUT_MIN, ...change })
}

/** For tests: what the given witnesses of an epoch make of an entry together. */
export function certificateOf(
  epochs: TestEpochs,
  entry: SignedEntry,
  by: readonly Signer[],
  epoch = 0,
): Certificate {
  const { roster } = epochs.view(0)
  const { witnesses } = roster.epochOf(epoch) ?? roster.epoch
  const { account, seq } = entry.body
  const sigs = by.map((signer): [number, Uint8Array] => {
    const vote = sign(signer, roster.swarm, VOTE, { epoch, account, seq, entry: entryIdOf(entry) })
    return [witnesses.indexOf(signer.id), vote.sig]
  })
  return { entry, quorum: quorumOf(epoch, witnesses.length, new Map(sigs)) }
}
