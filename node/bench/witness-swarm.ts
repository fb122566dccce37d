import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PeerId } from '../../protocol/ids.ts'
import type { Charter } from '../../protocol/swarm/charter.ts'
import { writeCharter } from '../config/charter-file.ts'
import { dataFolder } from '../config/data-folder.ts'
import { ownRules } from '../config/lexicon.ts'
import { DrivenProcess } from '../e2e/driven-process.ts'
import { loadOrCreateIdentity } from '../store/keystore.ts'
import { foundSwarm } from '../swarm/founding.ts'

const WITNESSES = ['amber', 'birch', 'cobalt', 'dune'] as const
const NEWCOMER = 'ember'

interface PlannedPeer {
  readonly folder: string
  readonly operator: string
  readonly seed: Uint8Array
  readonly id: PeerId
}

/** Data folders of a swarm of four witnesses and a member with nothing in its store yet. */
export interface PlannedSwarm {
  readonly root: string
  readonly charter: Charter
  /** In the order of the charter. */
  readonly witnesses: readonly PlannedPeer[]
  readonly newcomer: PlannedPeer
  remove(): Promise<void>
}

/** `minter` founds the swarm, too, and has no folder. */
export async function planSwarm(minter: PeerId): Promise<PlannedSwarm> {
  const root = await mkdtemp(join(tmpdir(), 'hyperlooms-bench-'))
  const plan = async (operator: string): Promise<PlannedPeer> => {
    const folder = join(root, operator)
    const { seed, id } = await loadOrCreateIdentity(folder)
    return { folder, operator, seed, id }
  }
  const newcomer = await plan(NEWCOMER)
  const witnesses = (await Promise.all(WITNESSES.map(plan))).sort((a, b) => (a.id < b.id ? -1 : 1))
  const others = [newcomer, ...witnesses].map(({ id, operator }) => ({ peer: id, operator }))
  const founded = foundSwarm({
    name: 'bench',
    founders: [{ peer: minter, operator: 'mint' }, ...others],
    rules: await ownRules(),
  })
  const witnessing = new Set(witnesses.map(({ id }) => id))
  const charter: Charter = {
    ...founded,
    founders: founded.founders.map((one) => (witnessing.has(one.peer) ? one : { ...one, roles: ['peer'] })),
    witnesses: founded.witnesses.filter((peer) => witnessing.has(peer)),
  }
  for (const { folder } of [newcomer, ...witnesses]) await writeCharter(dataFolder(folder), charter)
  return { root, charter, witnesses, newcomer, remove: () => rm(root, { recursive: true }) }
}

/** A peer of the swarm in a process of its own, which dials those addresses; with `profile` it is profiled. */
export function startPeer(
  { folder, operator }: PlannedPeer,
  bootstrap: readonly string[],
  profile?: string,
): DrivenProcess {
  const flags = {
    apiPort: '0',
    operator,
    bootstrap: bootstrap.join(),
    listen: '/ip4/127.0.0.1/tcp/0',
    providers: 'reference',
    endowment: '0',
    logLevel: 'silent',
  }
  return new DrivenProcess({ folder, flags }, { profile })
}

/** Every witness in a process of its own, each knowing those before it. */
export async function startWitnesses(
  { witnesses }: PlannedSwarm,
  profile?: string,
): Promise<{ readonly children: readonly DrivenProcess[]; readonly addresses: readonly string[] }> {
  const children: DrivenProcess[] = []
  const addresses: string[] = []
  for (const witness of witnesses) {
    const child = startPeer(witness, addresses, profile)
    children.push(child)
    addresses.push(...(await child.ready).addresses)
  }
  return { children, addresses }
}
