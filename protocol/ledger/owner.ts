import type { Signer } from '../crypto/signer.ts'
import { decodeBody, decodeRecord, encodeBody } from '../encoding/body.ts'
import { TRUSTED } from '../encoding/evidence.ts'
import { sign } from '../encoding/signed.ts'
import { AMOUNT_MAX, LIMITS, OUTPUT_MIN } from '../params.ts'
import type { Outbox } from '../peer/outbox.ts'
import { keys } from '../records/keys.ts'
import type { StoredRecord } from '../records/record.ts'
import type { Roster } from '../swarm/roster.ts'
import type { AccountBook } from './account.ts'
import { totalsOf } from './apply.ts'
import { draftEntry, type Submission } from './build-entry.ts'
import type { Driver } from './driver.ts'
import { ENTRY, entryIdOf, type Operation, operationCodec, type SignedEntry, signedEntry } from './entry.ts'
import type { LedgerListener, SubmitFault, SubmitOutcome } from './ledger.ts'
import type { OutputBook } from './output-book.ts'
import { validateEntry } from './validate.ts'

/** Submissions that wait for the entry in flight; at 64 operations an entry they are a few seconds' work. */
export const QUEUE_MAX = 256

/** From so many outputs on they are claimed without an operation, so that one entry can always hold them (4.2). */
const CLAIM_ALONE_AT = 128

/** A submission waits for the witnesses' word on its account about as long as a user would. */
const RECOVERY_WAIT_MS = 5_000

const NO_BYTES = new Uint8Array(0)

export interface OwnerParts {
  readonly signer: Signer
  readonly roster: Roster
  readonly accounts: AccountBook
  readonly outputs: OutputBook
  readonly driver: Driver
  readonly listener: LedgerListener
  readonly isRecovered: () => boolean
  /** Whether two entries are signed for the account's next place: nothing is signed until that is settled. */
  readonly isForked: () => boolean
  readonly conflict: (out: Outbox, one: SignedEntry, other: SignedEntry) => void
}

/**
 * This peer's own account. One entry is in flight at a time, so an account can't fork itself; what is
 * submitted meanwhile waits, with its funds reserved, and goes out together. The signed entry is persisted
 * before anyone sees it: after a crash the same entry is driven on, and never another one in its place.
 */
export interface Owner {
  submit(out: Outbox, operations: readonly Operation[], request: number): SubmitOutcome
  /** Lowest nonce that a further `open` may have. */
  nextNonce(): number
  /** Units that a further submission may spend. */
  available(): bigint
  restore(record: StoredRecord): void
  start(out: Outbox): void
  /** A place of this account's chain is settled, by a certificate or by a fork's resolution. */
  settled(out: Outbox): void
  /** Entries that a quorum of witnesses named when asked for the next place; 'clean' when none is news. */
  found(out: Outbox, entries: readonly SignedEntry[]): 'clean' | 'taken up'
  /** A quorum of witnesses knows of no entry that isn't known here: signs what waits. */
  recovered(out: Outbox): void
  /** Too few witnesses answer yet: whoever waits for long is told. */
  stillRecovering(out: Outbox): void
  /** The account may have received outputs. */
  received(out: Outbox): void
}

export function createOwner(parts: OwnerParts): Owner {
  const { signer, roster, accounts, outputs, driver, listener, isRecovered, isForked } = parts
  const self = signer.id
  let inFlight: SignedEntry | undefined
  let queue: readonly Submission[] = []

  const pending = () => [...(inFlight?.body.ops ?? []), ...queue.flatMap(({ operations }) => operations)]

  function nextNonce(): number {
    return Math.max(accounts.get(self).nonce, totalsOf({ ops: pending() }).nonce)
  }

  function available(): bigint {
    const claimed = (inFlight?.body.claims ?? []).reduce(
      (sum, ref) => sum + (outputs.find(self, ref)?.amount ?? 0n),
      0n,
    )
    const free = inFlight?.body.free ?? accounts.get(self).free
    const { spent } = totalsOf({ ops: queue.flatMap(({ operations }) => operations) })
    return free + outputs.claimable(self) - claimed - spent
  }

  function faultOf(operations: readonly Operation[]): SubmitFault | undefined {
    if (isForked()) return 'account_forked'
    if (queue.length >= QUEUE_MAX) return 'queue_full'
    if (operations.length === 0 || operations.length > LIMITS.operations) return 'operation_invalid'
    for (const operation of operations) if (!encodes(operation)) return refusalOf(operation)
    if (!roster.governance.minters.includes(self) && operations.some(({ type }) => type === 'mint'))
      return 'not_a_minter'
    // Before that the account may stand elsewhere than this store knows; the entry is judged when it is signed.
    if (isRecovered() && totalsOf({ ops: operations }).spent > available()) return 'insufficient_credit'
    return judge(operations)
  }

  /** The witnesses' own check, on an entry that would hold these operations alone and could pay for them. */
  function judge(operations: readonly Operation[]): SubmitFault | undefined {
    const { spent, minted } = totalsOf({ ops: operations })
    const before = accounts.get(self)
    if (before.minted + totalsOf({ ops: pending() }).minted + minted > AMOUNT_MAX)
      return 'amount_out_of_range'
    const account = { ...before, seq: 1, nonce: nextNonce(), free: spent, minted: 0n }
    const body = { account: self, seq: 1, prev: account.head, claims: [], ops: operations, free: 0n }
    const unsigned = { signer: self, body, bytes: NO_BYTES, sig: NO_BYTES }
    const { status } = validateEntry(unsigned, account, lookups)
    return status === 'valid' ? undefined : 'operation_invalid'
  }

  const lookups = {
    roster,
    unclaimed: (ref: Parameters<OutputBook['find']>[1]) => outputs.find(self, ref)?.amount,
    settled: () => undefined,
  }

  /** Signs and sends the next entry, if there is one to send and none is in flight. */
  function pump(out: Outbox): void {
    while (inFlight === undefined && isRecovered() && !isForked()) {
      const head = queue[0]
      if (head === undefined && outputs.count(self) < CLAIM_ALONE_AT) return
      const draft = draftEntry(self, accounts.get(self), outputs.of(self), queue)
      if (head !== undefined && draft.taken === 0 && !(draft.outputsLeft && draft.body.claims.length > 0)) {
        refuseHead(out, head, 'insufficient_credit')
        continue
      }
      if (draft.body.claims.length === 0 && draft.taken === 0) return
      const entry = sign(signer, roster.swarm, ENTRY, draft.body)
      if (validateEntry(entry, accounts.get(self), lookups).status !== 'valid') {
        // Another holder of this key used the account meanwhile. Without operations only claims are left,
        // and they are always valid here.
        if (head === undefined) return
        refuseHead(out, head, 'operation_invalid')
        continue
      }
      const requests = queue.slice(0, draft.taken).map(({ request }) => request)
      queue = queue.slice(draft.taken)
      launch(out, entry, requests)
    }
  }

  /**
   * An entry whose place is taken, or whose `prev` is no head any more, can never be certified: its operations
   * are void.
   */
  function dropDead(out: Outbox): void {
    if (inFlight === undefined) return
    const { seq, head } = accounts.get(self)
    const { body } = inFlight
    if (body.seq > seq || (body.seq === seq && body.prev === head)) return
    out.write(keys.own(body.seq), null)
    driver.settled(out, body, undefined)
    inFlight = undefined
  }

  function refuseHead(out: Outbox, { request }: Submission, code: SubmitFault): void {
    queue = queue.slice(1)
    listener.ownRefused(out, request, code)
  }

  function launch(out: Outbox, entry: SignedEntry, requests: readonly number[]): void {
    inFlight = entry
    out.write(keys.own(entry.body.seq), encodeBody(signedEntry, entry))
    driver.drive(out, entry)
    listener.ownSigned(out, entry, requests)
  }

  return {
    available,
    nextNonce,
    submit(out, operations, request) {
      const code = faultOf(operations)
      if (code !== undefined) return { ok: false, code }
      queue = [...queue, { request, operations, sinceMs: out.now }]
      pump(out)
      return { ok: true }
    },
    restore({ key, value }) {
      inFlight = decodeRecord(signedEntry, value, key)
    },
    start(out) {
      dropDead(out)
      if (inFlight !== undefined) {
        driver.drive(out, inFlight)
        // Whoever asked has gone; the jobs it opens are offered once more.
        listener.ownSigned(out, inFlight, [])
      }
      pump(out)
    },
    settled(out) {
      dropDead(out)
      pump(out)
    },
    found(out, entries) {
      for (const entry of entries) {
        // Behind a branch that a resolution left behind: it can't be certified any more.
        if (entry.body.prev !== accounts.get(self).head) continue
        if (inFlight === undefined) {
          inFlight = entry
          out.write(keys.own(entry.body.seq), encodeBody(signedEntry, entry))
          driver.drive(out, entry)
        } else if (entryIdOf(entry) !== entryIdOf(inFlight)) parts.conflict(out, inFlight, entry)
      }
      return entries.some(({ body }) => body.prev === accounts.get(self).head) ? 'taken up' : 'clean'
    },
    recovered: pump,
    stillRecovering(out) {
      const late = queue.filter(({ sinceMs }) => out.now - sinceMs >= RECOVERY_WAIT_MS)
      queue = queue.filter((one) => !late.includes(one))
      for (const { request } of late) listener.ownRefused(out, request, 'not_ready')
    },
    received: pump,
  }
}

function encodes(operation: Operation): boolean {
  try {
    decodeBody(operationCodec, encodeBody(operationCodec, operation), 'operation', TRUSTED)
    return true
  } catch {
    // Whether the codec or the library below it objects: nobody could read such an operation.
    return false
  }
}

function refusalOf(operation: Operation): SubmitFault {
  if (operation.type !== 'mint' && operation.type !== 'transfer') return 'operation_invalid'
  const inRange = operation.amount >= OUTPUT_MIN && operation.amount <= AMOUNT_MAX
  return inRange ? 'operation_invalid' : 'amount_out_of_range'
}
