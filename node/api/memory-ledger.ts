import { encodeBody } from '../../protocol/encoding/body.ts'
import { quorumOf } from '../../protocol/encoding/quorum.ts'
import type { AccountId, Digest, EntryId } from '../../protocol/ids.ts'
import { entryMovements } from '../../protocol/jobs/movements.ts'
import { certificateCodec } from '../../protocol/ledger/certificate.ts'
import { entryCodec, entryIdOf } from '../../protocol/ledger/entry.ts'
import type { Command } from '../../protocol/peer/command.ts'
import type { EntryState, EntryView, LedgerHistory, TransactionView } from './backend.ts'
import { digestNamed } from './sample-swarm.ts'

type MoveCommand = Extract<Command, { type: 'mint' | 'transfer' }>

interface Signing {
  readonly account: AccountId
  readonly treasury: AccountId
  readonly atMs: number
}

/** Cold facts of a test: what was signed, and what became certified. */
export interface MemoryLedger extends LedgerHistory {
  readonly entries: Map<Digest, EntryView>
  /** Signed and not certified yet, the oldest first. */
  readonly waiting: Map<EntryId, { entry: EntryView; movements: readonly TransactionView[] }>
  /** Signed, and never to be certified. */
  readonly voided: Set<EntryId>
  /** Newest first. */
  readonly movements: TransactionView[]
  readonly requests: Map<Digest, { content: Digest; entry: EntryId }>
  /** Whether what is signed is certified at once. */
  certifies: boolean
  sign(command: MoveCommand, signing: Signing): EntryId
  certify(entry: EntryId): void
}

function stateIn({ entries, voided }: MemoryLedger, entry: EntryId): EntryState {
  if (entries.has(entry)) return 'certified'
  return voided.has(entry) ? 'void' : 'waiting'
}

export function createMemoryLedger(): MemoryLedger {
  const waiting: MemoryLedger['waiting'] = new Map()
  const ledger: MemoryLedger = {
    entries: new Map(),
    waiting,
    voided: new Set(),
    movements: [],
    requests: new Map(),
    certifies: true,
    sign({ type, to, amount, memo, request }, { account, treasury, atMs }) {
      const seq = ledger.entries.size + waiting.size
      const ops = [{ type, to, amount, memo }]
      const body = { account, seq, prev: digestNamed(3), claims: [], ops, free: 0n }
      const signed = { signer: account, body, bytes: encodeBody(entryCodec, body), sig: new Uint8Array(64) }
      const id = entryIdOf(signed)
      const sigs = new Map([0, 1, 2].map((position) => [position, new Uint8Array(64)]))
      const certificate = { entry: signed, quorum: quorumOf(0, 4, sigs) }
      const bytes = encodeBody(certificateCodec, certificate)
      const entry = { ...certificate, id, proof: 'certificate' as const, bytes, verified: true }
      const movements = entryMovements(body, treasury).map((one) => ({ ...one, atMs, fact: { entry: id } }))
      waiting.set(id, { entry, movements })
      if (request !== undefined) ledger.requests.set(request.name, { content: request.content, entry: id })
      if (ledger.certifies) ledger.certify(id)
      return id
    },
    certify(id) {
      const found = waiting.get(id)
      if (found === undefined) return
      waiting.delete(id)
      ledger.entries.set(id, found.entry)
      ledger.movements.unshift(...found.movements)
    },
    transactions({ limit, cursor, account, job, type }) {
      const wanted = ledger.movements.filter(
        (one) =>
          (account === undefined || one.from === account || one.to === account) &&
          (job === undefined || one.job === job) &&
          (type === undefined || one.type === type),
      )
      const start = cursor === undefined ? 0 : Number(cursor)
      if (!Number.isSafeInteger(start)) return Promise.resolve(undefined)
      const end = start + limit
      const nextCursor = end < wanted.length ? String(end) : null
      return Promise.resolve({ items: wanted.slice(start, end), nextCursor })
    },
    entry: (id) => Promise.resolve(ledger.entries.get(id)),
    stateOf: (entry) => Promise.resolve(stateIn(ledger, entry)),
    request: (name) => Promise.resolve(ledger.requests.get(name)),
  }
  return ledger
}
