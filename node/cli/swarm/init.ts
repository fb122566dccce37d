import type { Command } from 'commander'
import { InvalidArgumentError, Option } from 'commander'
import { parseCredits } from '../../../protocol/api/credits.ts'
import { isPeerId, type PeerId } from '../../../protocol/ids.ts'
import type { Charter } from '../../../protocol/swarm/charter.ts'
import { EXIT } from '../exit-codes.ts'
import { CommandError, print, printJson, say } from '../output.ts'
import { upCommand } from '../up-command.ts'
import { passphraseOption, passphrasesFrom } from '../passphrase.ts'
import { wholeNumber } from '../run.ts'

interface InitFlags {
  readonly name: string
  readonly label: string
  readonly operator?: readonly PeerId[]
  readonly needed: number
  readonly minter?: readonly PeerId[]
  readonly treasury?: PeerId
  readonly admission: Charter['admission']
  readonly guests?: boolean
  readonly diversity: Charter['diversity']
  readonly fee?: bigint
  readonly maxPrice?: bigint
  readonly yes?: boolean
  readonly data?: string
  readonly passphraseFile?: string
  readonly json?: boolean
}

const OPEN_WARNING = `Open admission: anybody who reaches a member becomes one, without being asked. Nobody vouches for
such peers, so one person may be many of them; their work starts with a trust of zero, and whoever wants to flood
the swarm can. Prompts may go to any of them. It can't be changed later. Repeat with --yes if you want that.`

/** `swarm init`: founds a swarm in a data folder; `up` then runs it. */
export function addInit(swarm: Command): void {
  swarm
    .command('init')
    .description('found a swarm: writes its charter, with this peer as its first member and witness')
    .requiredOption('--name <text>', 'what the swarm is called')
    .option('--label <text>', 'label of whoever operates this peer', 'founder')
    .option('--operator <peer...>', "further operators' keys, beside this peer's own", peers)
    .option('--needed <number>', 'how many operators sign credits, revocations and changes', wholeNumber, 1)
    .option('--minter <peer...>', 'who may make credits (default: this peer)', peers)
    .option('--treasury <peer>', 'account that gets fees (default: this peer)', peer)
    .addOption(new Option('--admission <how>', 'who may join').choices(['invite', 'open']).default('invite'))
    .option('--guests', 'let members attach browsers and clients by tickets')
    .addOption(
      new Option('--diversity <what>', 'what has one vote').choices(['operator', 'peer']).default('operator'),
    )
    .option('--fee <credits>', 'fee of a job', credits)
    .option('--max-price <credits>', 'highest price of a replica where a job names none', credits)
    .option('--yes', 'found it although a warning was given')
    .addOption(passphraseOption())
    .option('--data <folder>', 'data folder (default: $HYPERLOOMS_DATA or ~/.hyperlooms)')
    .option('--json', 'print one JSON document')
    .action(init)
}

function peer(text: string): PeerId {
  if (!isPeerId(text)) throw new InvalidArgumentError('It must be the id of a peer, such as 12D3Koo...')
  return text
}

function peers(text: string, before: readonly PeerId[] | undefined): readonly PeerId[] {
  return [...(before ?? []), peer(text)]
}

function credits(text: string): bigint {
  const units = parseCredits(text)
  if (units === undefined) throw new InvalidArgumentError('It must be an amount of credits such as 0.01.')
  return units
}

async function init(flags: InitFlags): Promise<void> {
  if (flags.admission === 'open' && flags.yes !== true) throw new CommandError(OPEN_WARNING, EXIT.usage)
  const { dataFolder, defaultDataFolder } = await import('../../config/data-folder.ts')
  const { initSwarm } = await import('../../swarm/init-swarm.ts')
  const { swarmIdOf } = await import('../../../protocol/swarm/charter.ts')
  const { quorumWords } = await import('../../swarm/quorum-words.ts')
  const folder = dataFolder(flags.data ?? defaultDataFolder(process.env))
  // No way around it: every swarm begins with its founder alone.
  for (const sentence of quorumWords(flags.needed, 1)) say(sentence)
  const charter = await initSwarm(
    folder,
    {
      name: flags.name,
      label: flags.label,
      operators: flags.operator ?? [],
      needed: flags.needed,
      minters: flags.minter,
      treasury: flags.treasury,
      admission: flags.admission,
      guests: flags.guests === true,
      diversity: flags.diversity,
      fee: flags.fee,
      maxPrice: flags.maxPrice,
    },
    passphrasesFrom(flags.passphraseFile),
  )
  const swarm = swarmIdOf(charter)
  const [founder] = charter.founders
  if (flags.json === true) {
    return printJson({
      swarm_id: swarm,
      name: charter.name,
      peer_id: founder?.peer ?? null,
      data: folder.root,
    })
  }
  print(`founded "${charter.name}" (${swarm})`)
  say(
    `This peer, ${founder?.peer ?? ''}, is its only witness: if its disk is lost, the swarm is lost. Run it with ` +
      `"${upCommand(flags.data)}", let others in with "hyperlooms swarm invite".`,
  )
}
