import type { Capabilities } from '../../protocol/peer/event.ts'
import { watchCapabilities } from './capabilities.ts'

interface OfferingOptions {
  readonly read: () => Promise<Capabilities>
  /** Tells the mind. */
  readonly offer: (capabilities: Capabilities) => void
  /** Whether the owner lets the node take new work. */
  readonly isOpen: () => boolean
  readonly failed: (error: unknown) => void
}

export interface Offering {
  /** Offers again by what was read last: the owner has changed what the node may do. */
  refresh(): void
  stop(): void
}

/** Tells the mind what this node can do, now and whenever it is looked at again: nothing while it is closed. */
export async function startOffering({ read, offer, isOpen, failed }: OfferingOptions): Promise<Offering> {
  let newest = await read()
  // Without an offer the mind bids for nothing; what it was elected for it still runs.
  const refresh = (): void => offer(isOpen() ? newest : { ...newest, offers: [], slots: 0 })
  refresh()
  const changed = (capabilities: Capabilities): void => {
    newest = capabilities
    refresh()
  }
  return { refresh, stop: watchCapabilities(read, changed, failed) }
}
