import type { EntryId } from '../../protocol/ids.ts'
import type { Daemon } from '../daemon.ts'
import type { Payments, PaymentsReport } from './driven-messages.ts'

export interface Payer {
  /** Resolves once all that was acknowledged is certified. */
  stop(): Promise<PaymentsReport>
}

/** Pays from a peer's account at a steady pace, and notes whenever it sees the account's chain go on. */
export function startPaying(
  { view, command, subscribe }: Pick<Daemon, 'view' | 'command' | 'subscribe'>,
  { to, amount, perSecond, memo }: Payments,
): Payer {
  const acknowledged: string[] = []
  const refused: string[] = []
  const certifiedMs: number[] = []
  const asking = new Set<Promise<void>>()
  const ended = Promise.withResolvers<void>()
  let last: EntryId | undefined
  let isEnding = false
  let head = view.account(view.self)?.head
  let asked = 0

  async function pay(): Promise<void> {
    const name = `${memo}${asked++}`
    const result = await command({ type: 'transfer', to, amount, memo: name })
    if (result.ok && result.type === 'entry') {
      acknowledged.push(name)
      last = result.entry
    } else refused.push(result.ok ? result.type : result.code)
  }

  const unsubscribe = subscribe(() => {
    const now = view.account(view.self)?.head
    if (now === head) return
    head = now
    certifiedMs.push(Date.now())
    end()
  })

  /** Entries follow one another: with the last one all are certified. */
  function end(): void {
    if (isEnding && asking.size === 0 && (last === undefined || head === last)) ended.resolve()
  }

  const pace = setInterval(() => {
    const payment = pay()
    asking.add(payment)
    void payment.then(() => asking.delete(payment))
  }, 1_000 / perSecond)

  return {
    async stop() {
      clearInterval(pace)
      await Promise.all(asking)
      isEnding = true
      end()
      await ended.promise
      unsubscribe()
      return { acknowledged, refused, certifiedMs }
    },
  }
}
