import { TIMES } from '../../protocol/params.ts'
import { keys } from '../../protocol/records/keys.ts'
import type { Log } from './ports.ts'

export interface AstrayWatch {
  /** The log to write by; what it is told goes on unchanged. */
  readonly log: Log
  /** Resolves when the peer should begin its ledger anew: a while after it was durable that it has gone astray. */
  readonly found: Promise<void>
  close(): void
}

/**
 * Notices that a peer has gone astray (`protocol/sync/closing`) by the record that says so. `waitMs` passes before: in that
 * time it shows the others what it alone has, which may be what decides a contested place.
 */
export function watchAstray(log: Log, waitMs: number = TIMES.astrayMs): AstrayWatch {
  const found = Promise.withResolvers<void>()
  let timer: NodeJS.Timeout | undefined
  let isClosed = false
  const wait = (): void => {
    // Nothing else holds the process back: who stops it stops this, too.
    if (!isClosed) timer ??= setTimeout(found.resolve, waitMs).unref()
  }
  const forget = (): void => {
    clearTimeout(timer)
    timer = undefined
  }
  return {
    log: {
      append(position, writes) {
        log.append(position, writes)
        // The others may come to what it had alone, with the next epoch.
        const said = writes.findLast(({ key }) => key === keys.astray)
        if (said !== undefined) log.whenSynced(position, said.value === null ? forget : wait)
      },
      whenSynced: (position, action) => log.whenSynced(position, action),
      eased: () => log.eased(),
    },
    found: found.promise,
    close() {
      isClosed = true
      forget()
    },
  }
}
