import type { Signer } from '../../protocol/crypto/signer.ts'
import { sign } from '../../protocol/encoding/signed.ts'
import type { EntryId, PeerId, SwarmId } from '../../protocol/ids.ts'
import { emptyAccount } from '../../protocol/ledger/account.ts'
import { draftEntry } from '../../protocol/ledger/build-entry.ts'
import { ENTRY, type Operation, outputOf, type SignedEntry } from '../../protocol/ledger/entry.ts'
import type { Output } from '../../protocol/ledger/output-book.ts'
import { OUTPUT_MIN } from '../../protocol/params.ts'
import { createNativeSigner } from '../crypto/native-signer.ts'

/** One account of the load: its chain as its owner knows it. */
interface Owner {
  readonly signer: Signer
  seq: number
  head: EntryId
  free: bigint
  outputs: Output[]
  /** Its entry isn't certified yet. */
  busy: boolean
}

/**
 * Accounts in a ring: owner i pays owner i + 1, and every entry claims whatever its owner last received. The keys
 * come from the owners' numbers, so every run has the same accounts.
 */
export class Ring {
  readonly ids: readonly PeerId[]
  readonly #swarm: SwarmId
  readonly #owners: readonly Owner[]
  readonly #places: ReadonlyMap<PeerId, number>

  constructor(swarm: SwarmId, size: number) {
    this.#swarm = swarm
    this.#owners = Array.from({ length: size }, (_, number): Owner => {
      const signer = createNativeSigner(seedOf(number))
      const { seq, head, free } = emptyAccount(swarm, signer.id)
      return { signer, seq, head, free, outputs: [], busy: false }
    })
    this.ids = this.#owners.map(({ signer }) => signer.id)
    this.#places = new Map(this.ids.map((id, at) => [id, at]))
  }

  /** The owner's next entry with so many transfers to its neighbour; undefined while it has nothing to claim. */
  entryOf(at: number, transfers: number): SignedEntry | undefined {
    const owner = this.#owners[at]
    const next = this.ids[(at + 1) % this.ids.length]
    if (owner === undefined || next === undefined || owner.busy || owner.outputs.length === 0)
      return undefined
    const operation: Operation = { type: 'transfer', to: next, amount: OUTPUT_MIN, memo: '' }
    const { signer, seq, head, free } = owner
    const state = { ...emptyAccount(this.#swarm, signer.id), seq, head, free }
    const operations = Array.from({ length: transfers }, () => operation)
    const { body } = draftEntry(signer.id, state, owner.outputs, [{ request: 0, sinceMs: 0, operations }])
    owner.busy = true
    return sign(signer, this.#swarm, ENTRY, body)
  }

  /** Takes a certified entry, of an owner or a mint; yields the places of those that received something. */
  certified({ body }: SignedEntry, id: EntryId): readonly number[] {
    const payer = this.#owners[this.#places.get(body.account) ?? -1]
    if (payer !== undefined) {
      Object.assign(payer, { seq: body.seq + 1, head: id, free: body.free, busy: false })
      const claimed = new Set(body.claims.map(({ source, index }) => `${source}/${index}`))
      payer.outputs = payer.outputs.filter(({ source, index }) => !claimed.has(`${source}/${index}`))
    }
    const origin = { account: body.account, seq: body.seq }
    const receivers = new Set<number>()
    body.ops.forEach((operation, index) => {
      const made = outputOf(operation)
      if (made === undefined) return
      const at = this.#places.get(made.to) ?? -1
      this.#owners[at]?.outputs.push({ source: id, index, amount: made.amount, origin })
      receivers.add(at)
    })
    return [...receivers]
  }
}

function seedOf(number: number): Uint8Array {
  const seed = new Uint8Array(32).fill(0x5a)
  new DataView(seed.buffer).setUint32(0, number)
  return seed
}
