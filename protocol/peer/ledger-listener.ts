import type { PeerId } from '../ids.ts'
import type { LedgerListener } from '../ledger/ledger.ts'
import type { Parts } from './parts.ts'

/** What the ledger tells the other parts. */
export function ledgerListener(self: PeerId, parts: () => Parts): LedgerListener {
  return {
    opened: (out, opened) => parts().jobs.onOpened(out, opened),
    ownSigned(out, entry, requests) {
      parts().commands.onSigned(out, entry, requests)
      if (!entry.body.ops.some(({ type }) => type === 'open')) return
      out.publish('entry', entry)
      out.sendSigned(self, 'entry', entry)
    },
    ownRefused: (out, request, code) => parts().commands.onRefused(out, request, code),
    ownSettled: (out) => out.notify(null),
    placeSettled: (out, place, entry) => parts().relays.placeSettled(out, place, entry),
    gaveUp: (out, entry, why) => parts().relays.gaveUp(out, entry, why),
    stirResolution: (out, instance) => parts().agreement.stir(out, instance),
  }
}
