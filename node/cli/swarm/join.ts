import type { Command } from 'commander'
import { givenInvitation, INVITATION_WAYS } from '../given-invitation.ts'
import { passphraseOption, passphrasesFrom } from '../passphrase.ts'
import { print, printJson } from '../output.ts'
import { upCommand } from '../up-command.ts'

interface JoinFlags {
  readonly data?: string
  readonly json?: boolean
  readonly yes?: boolean
  readonly passphraseFile?: string
}

/** `swarm join`: becomes a member without running yet; `up --join` does both. */
export function addJoin(swarm: Command): void {
  swarm
    .command('join')
    .description('redeem an invitation into a data folder; "hyperlooms up" then runs the peer')
    .argument('<invitation>', INVITATION_WAYS)
    .option('--data <folder>', 'data folder (default: $HYPERLOOMS_DATA or ~/.hyperlooms)')
    .option('--yes', 'also where the folder is a member of that swarm already')
    .addOption(passphraseOption())
    .option('--json', 'print one JSON document')
    .action(joinBy)
}

async function joinBy(invitation: string, { data, json, yes, passphraseFile }: JoinFlags): Promise<void> {
  const { dataFolder, defaultDataFolder } = await import('../../config/data-folder.ts')
  const { swarmIdOf } = await import('../../../protocol/swarm/charter.ts')
  const { enterSwarm } = await import('../../swarm/enter-swarm.ts')
  const folder = dataFolder(data ?? defaultDataFolder(process.env))
  const controller = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => controller.abort())
  const charter = await enterSwarm({
    folder,
    invitation: await givenInvitation(invitation),
    passphrases: passphrasesFrom(passphraseFile),
    signal: controller.signal,
    isNewcomer: yes !== true,
  })
  if (charter === undefined) return
  const swarm = swarmIdOf(charter)
  if (json === true)
    return printJson({ status: 'joined', swarm_id: swarm, name: charter.name, data: folder.root })
  print(`This peer is a member of "${charter.name}" (${swarm}). Run it with "${upCommand(data)}".`)
}
