import { parseCredits } from '../../protocol/api/credits.ts'
import type { Transaction } from '../../protocol/api/transaction-schema.ts'
import type { PeerClient } from '../cli/api.ts'

const PAGE = 100

/** What one peer's own list of transactions adds up to, by nothing but the API. */
export interface OutsideSum {
  /** Made less what lies in accounts and escrows: 0 where no credit was made or lost on the way. */
  readonly difference: bigint
  readonly minted: bigint
  /** By job: how often its escrow was taken, and how often one was settled. */
  readonly charges: ReadonlyMap<string, number>
  /** Jobs whose escrow was taken and has not come out again to the last unit. */
  readonly unsettled: readonly string[]
  /** Jobs of which more came out than went in. */
  readonly overpaid: readonly string[]
  readonly balances: ReadonlyMap<string, bigint>
}

/** Reads every transaction that a peer knows and adds them up, without any code of the ledger's. */
export async function outsideSum(client: PeerClient): Promise<OutsideSum> {
  const balances = new Map<string, bigint>()
  const escrows = new Map<string, bigint>()
  const charges = new Map<string, number>()
  let minted = 0n
  for await (const { type, from, to, amount: text, job_id: job } of transactionsOf(client)) {
    const amount = parseCredits(text)
    if (amount === undefined) throw new RangeError(`${text} is no amount`)
    add(balances, from, -amount)
    add(balances, to, amount)
    if (type === 'mint' || type === 'grant') minted += amount
    if (job === null) continue
    if (type === 'charge') charges.set(job, (charges.get(job) ?? 0) + 1)
    add(escrows, job, type === 'charge' ? amount : -amount)
  }
  const held = [...balances.values()].reduce((sum, amount) => sum + amount, 0n)
  const escrowed = [...escrows.values()].reduce((sum, amount) => sum + amount, 0n)
  const jobsWith = (holds: (amount: bigint) => boolean) =>
    [...escrows].flatMap(([job, amount]) => (holds(amount) ? [job] : []))
  return {
    difference: minted - held - escrowed,
    minted,
    charges,
    unsettled: jobsWith((amount) => amount > 0n),
    overpaid: jobsWith((amount) => amount < 0n),
    balances,
  }
}

function add(sums: Map<string, bigint>, of: string | null, amount: bigint): void {
  if (of !== null) sums.set(of, (sums.get(of) ?? 0n) + amount)
}

async function* transactionsOf(client: PeerClient): AsyncGenerator<Transaction> {
  let cursor: string | null | undefined
  while (cursor !== null) {
    const page = await client.listTransactions({
      query: { limit: PAGE, ...(cursor === undefined ? {} : { cursor }) },
    })
    yield* page.items
    cursor = page.next_cursor
  }
}
