import { LIMITS } from '../../protocol/params.ts'
import { swarmIdOf } from '../../protocol/swarm/charter.ts'
import { rosterOf } from '../../protocol/swarm/live-roster.ts'
import { readCharter } from '../config/charter-file.ts'
import { dataFolder } from '../config/data-folder.ts'
import { createNativeSigner } from '../crypto/native-signer.ts'
import { createNetwork } from '../network/host.ts'
import { loadOrCreateIdentity } from '../store/keystore.ts'
import type { FlooderReport, FlooderRequest, FlooderSettings } from './flood-messages.ts'
import { FloodingMember } from './flooding-member.ts'

/*
 * A member's process that runs no peer: it is connected like one, and says what it is told to, as often as it is told to,
 * over the channel to whoever started it. Its one argument is its settings as JSON.
 */
const TICK_MS = 20

const { folder: root, listen, bootstrap, price } = JSON.parse(process.argv[2] ?? '') as FlooderSettings
const folder = dataFolder(root)
const charter = await readCharter(folder)
if (charter === undefined) throw new Error(`there is no charter in ${root}`)
const { seed, id } = await loadOrCreateIdentity(root)
const roster = rosterOf(charter)
const missing = new Set(roster.epoch.witnesses)
const connected = Promise.withResolvers<void>()
const { frameBytes, gossipBytes } = LIMITS
const network = await createNetwork({
  seed,
  swarm: swarmIdOf(charter),
  listen: [listen],
  bootstrap,
  announce: [],
  admission: {
    isMember: (peer) => roster.member(peer) !== undefined,
    isGuest: () => false,
    members: () => [],
  },
  discovery: { mdns: false, dht: false, file: undefined },
  frameBytesMax: { certify: frameBytes, agree: frameBytes, job: frameBytes, sync: frameBytes },
  gossipBytesMax: gossipBytes,
  handlers: {
    frame: () => undefined,
    gossip(_from, _topic, frame) {
      member.hear(frame)
      return Promise.resolve('accept')
    },
    join: () => Promise.resolve(undefined),
    addressesChanged: () => undefined,
    connected(peer) {
      missing.delete(peer)
      if (missing.size === 0) connected.resolve()
    },
    disconnected: () => undefined,
    serveTokens: () => undefined,
    serveBlob: () => Promise.resolve(undefined),
  },
})
const member = new FloodingMember({
  signer: createNativeSigner(seed),
  swarm: swarmIdOf(charter),
  deciders: roster.epoch.witnesses.filter((peer) => peer !== id),
  network,
  price: BigInt(price),
  rules: charter.rules,
})

let wanted: Pick<FlooderRequest, 'beats' | 'bids' | 'isForging'> = { beats: 0, bids: 0, isForging: false }
let beats = 0
let bids = 0
let lookedMs = performance.now()

/** Says what is due by now, however late the timer is. */
function speak(): void {
  const now = performance.now()
  const seconds = (now - lookedMs) / 1_000
  lookedMs = now
  for (beats += wanted.beats * seconds; beats >= 1; beats -= 1) {
    member.beat()
    if (wanted.isForging) member.beatForged()
  }
  for (bids += wanted.bids * seconds; bids >= 1; bids -= 1) {
    member.bid()
    if (!wanted.isForging) continue
    member.bidForNothing()
    member.bidForged()
  }
}

const report = (type: FlooderReport['type']) => process.send?.({ type, said: member.said })
process.on('message', (request: FlooderRequest) => {
  wanted = request
  report('heard')
})
// Whoever started it has gone.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))
await network.start()
await connected.promise
setInterval(speak, TICK_MS)
report('ready')
