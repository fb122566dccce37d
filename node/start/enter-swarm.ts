import { ownMessage } from '../../protocol/crypto/verified.ts'
import { isPeerId, type PeerId } from '../../protocol/ids.ts'
import type { Peer } from '../../protocol/peer/options.ts'
import { swarmIdOf } from '../../protocol/swarm/charter.ts'
import { probeHardware } from '../compute/hardware.ts'
import type { DataFolder } from '../config/data-folder.ts'
import { readJoined } from '../config/join-files.ts'
import { readCapabilities } from '../host/capabilities.ts'
import type { Control } from '../host/control.ts'
import { MindHost } from '../host/mind-host.ts'
import { startOffering } from '../host/offering.ts'
import { askJoin } from '../network/ask-join.ts'
import { introduce } from '../swarm/introduction.ts'
import type { Opened } from './opened.ts'

/** An invited peer knows of its own join before it hears of it, and shows it where nobody knows it yet. */
/** Whom this peer's invitation names: by them it hears of the others. */
export async function contactsOf(folder: DataFolder): Promise<readonly PeerId[]> {
  const joined = await readJoined(folder)
  // Dial addresses end with the peer that they lead to.
  return (joined?.addresses ?? []).map((address) => address.split('/').at(-1) ?? '').filter(isPeerId)
}

export async function introduceInto(
  { options, identity: { seed, id }, charter }: Opened,
  host: MindHost,
  { view }: Peer,
  now: () => number,
  starting: AsyncDisposableStack,
): Promise<void> {
  const joined = await readJoined(options.folder)
  if (joined === undefined) return
  const isKnownEpoch = view.roster.epochOf(joined.certificate.quorum.epoch) !== undefined
  // Checked when it was received, and written by this peer itself. One of a later epoch comes by sync, after the epochs.
  if (isKnownEpoch)
    await host.command({ type: 'take-certificate', certificate: ownMessage(joined.certificate) })
  const swarm = swarmIdOf(charter)
  const introduction = introduce({
    joined,
    isHeard: () => view.nodes(now()).some(({ peer, status }) => peer !== id && status !== 'offline'),
    ask: (address, request, signal) => askJoin({ seed, swarm, address, request, signal }),
  })
  starting.defer(() => introduction())
}

/** Tells the mind what this node can do, now and whenever it is looked at again. */
export async function offer(
  { options, runner }: Opened,
  host: MindHost,
  control: Control,
  starting: AsyncDisposableStack,
): Promise<void> {
  const abilities = { models: () => runner.models(), hardware: () => probeHardware() }
  const read = () => readCapabilities(abilities, options.config)
  const failed = (error: unknown): void =>
    options.logger.warn({ err: error }, 'the node could not be looked at')
  const offering = await startOffering({
    read,
    offer: (capabilities) => host.capabilities(capabilities),
    isOpen: () => control.mayBid(),
    failed,
  })
  control.onChange = () => offering.refresh()
  starting.defer(() => offering.stop())
}
