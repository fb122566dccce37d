import type { Command } from 'commander'
import type { SwarmStatus } from '../../../protocol/api/swarm-schema.ts'
import { counted } from '../counted.ts'
import type { ApiFlags } from '../api.ts'
import { apiOptions, reachPeer } from '../reach.ts'
import { print, printJson } from '../output.ts'
import { textTable } from '../table.ts'
import { oneLine } from '../terminal-text.ts'

/** `swarm status`: who keeps the swarm running, and what happens if a machine stops. */
export function addSwarmStatus(swarm: Command): void {
  const command = swarm
    .command('status', { isDefault: true })
    .description('say what the swarm stands on, and what happens if a machine stops')
  apiOptions(command).action(async (flags: ApiFlags) => {
    const status = await (await reachPeer(flags)).getSwarm()
    if (flags.json === true) printJson(status)
    else print(describeSwarm(status))
  })
}

function describeSwarm(status: SwarmStatus): string {
  const { witnesses, operators, self } = status
  const rows = [
    ['swarm', `${status.name} (${status.swarm_id})`],
    ['epoch', `${status.epoch}; ${counted(status.members, 'member')}`],
    ['let in', status.admission === 'open' ? 'anybody, without an invitation' : 'by invitation'],
    [
      'operators',
      `${operators.needed} of ${operators.keys.length} sign; held here: ${operators.held.length}`,
    ],
    ['this peer', `${self.peer_id}, ${self.label ?? 'not heard of by its swarm yet'}, ${dutyOf(self.duty)}`],
  ]
  const columns = [
    { label: 'witness', cell: (row: (typeof witnesses.list)[number]) => row.peer_id },
    { label: 'label', cell: (row: (typeof witnesses.list)[number]) => row.label ?? '' },
    {
      label: 'now',
      cell: ({ reached, revoked, lost }: (typeof witnesses.list)[number]) =>
        [
          reached ? 'reached' : 'not reached',
          ...(lost ? ['never votes again'] : []),
          ...(revoked ? ['revoked'] : []),
        ].join(', '),
    },
  ]
  return [
    ...rows.map(([label = '', text = '']) => label.padEnd(11) + oneLine(text)),
    '',
    textTable(columns, witnesses.list),
    '',
    ...status.sentences.map(oneLine),
    ...(status.join_text === null
      ? []
      : ['', `Anybody joins with: hyperlooms up --join ${status.join_text}`]),
  ].join('\n')
}

function dutyOf(duty: SwarmStatus['self']['duty']): string {
  if (duty === 'active') return 'a witness'
  return duty === 'amnesiac' ? 'a witness that may have forgotten votes: replace it' : 'no witness'
}
