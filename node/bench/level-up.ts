import { randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { Signer } from '../../protocol/crypto/signer.ts'
import type { Digest } from '../../protocol/ids.ts'
import type { Fact } from '../../protocol/ledger/fact.ts'
import type { Write } from '../../protocol/records/record.ts'
import { dataFolder } from '../config/data-folder.ts'
import { ownRules } from '../config/lexicon.ts'
import { createNativeSigner } from '../crypto/native-signer.ts'
import { openLevelStore } from '../store/level-store.ts'
import { handlerLines } from './handler-lines.ts'
import { LoneMind, makeCertificates } from './made-ledger.ts'
import { figures } from './percentiles.ts'
import { planSwarm, type PlannedSwarm, startPeer } from './witness-swarm.ts'

const OWNERS = 10_000
const BAR_SECONDS = 60
/** As in one message of sync. */
const FACTS_AT_ONCE = 4
/** Records in one write of the made store. */
const BATCH_WRITES = 20_000
const LOOK_EVERY_MS = 100

type Print = (line: string) => void

/** A peer with nothing joins one that holds so many entries: how long until both have the same root. */
export async function benchLevelUp(entries: number, print: Print, profile?: string): Promise<void> {
  const minter = createNativeSigner(new Uint8Array(randomBytes(32)))
  const plan = await planSwarm(minter.id)
  try {
    const startedMs = performance.now()
    const root = await fillStore(plan, minter, entries)
    print(
      `${entries} certified entries of ${OWNERS} owners made in ${seconds(performance.now() - startedMs)} s`,
    )
    await levelUp(plan, root, entries, print, profile)
  } finally {
    await plan.remove()
  }
}

/** Lets the first witness's mind apply everything, and keeps its records as its own host would have. */
async function fillStore(
  { charter, witnesses }: PlannedSwarm,
  minter: Signer,
  entries: number,
): Promise<Digest> {
  const [server] = witnesses
  if (server === undefined) throw new RangeError('no witness')
  const signers = witnesses.map(({ seed }) => createNativeSigner(seed))
  const store = await openLevelStore(dataFolder(server.folder).store)
  let writes = new Map<string, Write>()
  const mind = new LoneMind({
    charter,
    signer: createNativeSigner(server.seed),
    rules: await ownRules(),
    record: (write) => writes.set(write.key, write),
  })
  const flush = async () => {
    const batch = [...writes.values()]
    writes = new Map()
    await store.write(batch)
  }
  let facts: Fact[] = []
  for (const fact of makeCertificates({ charter, minter, witnesses: signers, owners: OWNERS, entries })) {
    facts.push(fact)
    if (facts.length < FACTS_AT_ONCE) continue
    mind.apply(facts)
    facts = []
    if (writes.size >= BATCH_WRITES) await flush()
  }
  mind.apply(facts)
  await flush()
  await store.close()
  return mind.peer.view.ledgerRoot()
}

async function levelUp(
  { witnesses, newcomer }: PlannedSwarm,
  root: Digest,
  entries: number,
  print: Print,
  profile: string | undefined,
): Promise<void> {
  const [first] = witnesses
  if (first === undefined) throw new RangeError('no witness')
  const server = startPeer(first, [], profile)
  const { addresses } = await server.ready
  const startedMs = performance.now()
  const fresh = startPeer(newcomer, addresses, profile)
  try {
    await fresh.ready
    const answersMs: number[] = []
    for (;;) {
      const askedMs = performance.now()
      const served = await server.report()
      answersMs.push(performance.now() - askedMs)
      const report = await fresh.report()
      if (served.root !== root) throw new Error('the serving peer has another root than was made')
      if (report.root === root) break
      await pause(LOOK_EVERY_MS)
    }
    const tookMs = performance.now() - startedMs
    const reports = await Promise.all([fresh.report(), server.report()])
    const [grown, serving] = reports
    const met = tookMs <= BAR_SECONDS * 1_000
    print(
      `level with ${grown.entries} entries    ${seconds(tookMs)} s, ${((entries * 1_000) / tookMs).toFixed(0)} entries/s, same root   (bar: ${BAR_SECONDS} s: ${met ? 'met' : 'MISSED'})`,
    )
    print(
      `processor time                ${seconds(grown.cpuMs)} s of the new peer (start included), ${seconds(serving.cpuMs)} s of the serving one`,
    )
    print(`serving peer answers others   ${figures(answersMs, 1)}   (over IPC, while it serves)`)
    print(`new peer's RSS                ${(grown.rssBytes / 1_048_576).toFixed(0)} MiB`)
    for (const { durations } of reports) for (const line of handlerLines([durations])) print(line)
  } finally {
    await Promise.all([fresh.stop(), server.stop()])
  }
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(1)
}
