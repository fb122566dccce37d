import type { DrivenProcess } from '../../node/e2e/driven-process.ts'
import { planSeats, startSeat, untilJobsRun } from '../../node/e2e/driven-swarm.ts'
import { ensureWebBuilt } from '../../node/packaging/build-web.ts'

const PEERS = 5
/** What the first one's own node asks: less than the others, so that it is elected and dies as a runner, too. */
const LOW_PRICE = '0.001'

/** Five peers with the model that answers at `ollamaUrl`, of which each serves the page; the first one's node is the cheapest. */
export async function startPageSwarm(
  root: string,
  ollamaUrl: string,
  started: (peers: readonly DrivenProcess[]) => void,
): Promise<readonly [DrivenProcess, DrivenProcess]> {
  const { directory: webRoot } = await ensureWebBuilt()
  const seats = await planSeats(root, { count: PEERS })
  const peers = seats.map(({ flags, ...seat }, at) => {
    const price = at === 0 ? { price: LOW_PRICE } : {}
    const own = { ...flags, providers: 'ollama', ollamaUrl, ...price }
    return startSeat({ ...seat, flags: own }, { webRoot })
  })
  // At once, so that they can be ended whatever happens.
  started(peers)
  await Promise.all(peers.map((peer) => peer.ready))
  for (const peer of peers) await untilJobsRun(peer, seats, PEERS - 1)
  const [first, second] = peers
  if (first === undefined || second === undefined) throw new Error('no peers')
  return [first, second]
}
