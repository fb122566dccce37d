import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PeerId } from '../../protocol/ids.ts'
import type { Charter } from '../../protocol/swarm/charter.ts'
import { writeCharter } from '../config/charter-file.ts'
import { dataFolder } from '../config/data-folder.ts'
import { ownRules } from '../config/lexicon.ts'
import { loadOrCreateIdentity } from '../store/keystore.ts'
import { foundSwarm } from '../swarm/founding.ts'
import { PeerChild } from './peer-child.ts'

const WITNESSES = ['amber', 'birch', 'cobalt', 'dune'] as const

/** Data folders of a swarm of four witnesses, and whoever else belongs to it from the beginning. */
export interface PlannedSwarm {
  readonly root: string
  readonly charter: Charter
  readonly witnesses: readonly {
    readonly folder: string
    readonly seed: Uint8Array
    readonly operator: string
  }[]
  remove(): Promise<void>
}

/** `members` found the swarm, too, without witnessing; the first of them mints. */
export async function planSwarm(members: readonly [PeerId, ...PeerId[]]): Promise<PlannedSwarm> {
  const root = await mkdtemp(join(tmpdir(), 'hyperlooms-bench-'))
  const identities = await Promise.all(WITNESSES.map((name) => loadOrCreateIdentity(join(root, name))))
  const [first, ...others] = members
  const founded = foundSwarm({
    name: 'bench',
    founders: [
      { peer: first, operator: 'member' },
      ...[...others, ...identities.map(({ id }) => id)].map((peer) => ({ peer, operator: peer.slice(-8) })),
    ],
    rules: await ownRules(),
  })
  const witnessing = new Set(identities.map(({ id }) => id))
  const charter: Charter = {
    ...founded,
    founders: founded.founders.map((one) => (witnessing.has(one.peer) ? one : { ...one, roles: ['peer'] })),
    witnesses: founded.witnesses.filter((peer) => witnessing.has(peer)),
  }
  const witnesses = identities.map(({ seed }, at) => {
    const operator = WITNESSES[at] ?? ''
    return { folder: join(root, operator), seed, operator }
  })
  for (const { folder } of witnesses) await writeCharter(dataFolder(folder), charter)
  return { root, charter, witnesses, remove: () => rm(root, { recursive: true }) }
}

/** Every witness in a process of its own, each knowing those before it. */
export async function startWitnesses(
  { witnesses }: PlannedSwarm,
  profile?: string,
): Promise<{ readonly children: readonly PeerChild[]; readonly addresses: readonly string[] }> {
  const children: PeerChild[] = []
  const addresses: string[] = []
  for (const { folder, operator } of witnesses) {
    const child = new PeerChild({ folder, operator, bootstrap: addresses }, profile)
    children.push(child)
    addresses.push(...(await child.addresses))
  }
  return { children, addresses }
}
