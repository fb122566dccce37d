import type { Daemon } from '../daemon.ts'
import type { BenchSwarm } from './bench-swarm.ts'
import { waitUntil } from './wait-until.ts'

const OPERATIONS_PER_ENTRY = 64

/**
 * Certified entries per second from the peers' own accounts, each sending to the next. An account has one entry
 * in flight: with one operation outstanding every entry has one, with many they travel in batches.
 */
export async function benchLedger(swarm: BenchSwarm, seconds: number): Promise<readonly string[]> {
  const single = await measure(swarm, seconds, 1)
  const batched = await measure(swarm, seconds, OPERATIONS_PER_ENTRY)
  return [
    `certified entries/s, one operation each, ${swarm.peers.length} owners   ${single.entries.toFixed(0)}   (goal of part 2: 300 from 10,000 owners)`,
    `certified operations/s, batched                       ${batched.operations.toFixed(0)} in ${batched.entries.toFixed(0)} entries/s`,
  ]
}

async function measure({ peers }: BenchSwarm, seconds: number, outstanding: number) {
  const [first] = peers
  const before = first?.view.counters().entries ?? 0
  const startedMs = performance.now()
  const until = startedMs + seconds * 1_000
  let operations = 0
  const drive = async (peer: Daemon, to: Daemon) => {
    while (performance.now() < until) {
      const seq = peer.view.account(peer.view.self)?.seq ?? 0
      const sent = Array.from({ length: outstanding }, () =>
        peer.command({ type: 'transfer', to: to.view.self, amount: 10_000n, memo: '' }),
      )
      const results = await Promise.all(sent)
      const refused = results.find((result) => !result.ok)
      if (refused !== undefined && !refused.ok) throw new Error(`${refused.code}: ${refused.detail}`)
      operations += results.length
      await waitUntil(peer, () => (peer.view.account(peer.view.self)?.seq ?? 0) > seq)
    }
  }
  await Promise.all(peers.map((peer, at) => drive(peer, peers[(at + 1) % peers.length] ?? peer)))
  const elapsed = (performance.now() - startedMs) / 1_000
  const entries = ((first?.view.counters().entries ?? 0) - before) / elapsed
  return { entries, operations: operations / elapsed }
}
