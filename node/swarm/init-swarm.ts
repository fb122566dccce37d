import { type Charter, charterFault, swarmIdOf } from '../../protocol/swarm/charter.ts'
import type { PeerId } from '../../protocol/ids.ts'
import { LIMITS } from '../../protocol/params.ts'
import { isPlainText } from '../../protocol/encoding/plain-text.ts'
import { readCharter, writeCharter } from '../config/charter-file.ts'
import { ConfigError } from '../config/config.ts'
import type { DataFolder } from '../config/data-folder.ts'
import { readJoining } from '../config/join-files.ts'
import { ownRules } from '../config/lexicon.ts'
import { loadOrCreateIdentity } from '../store/keystore.ts'
import { NO_PASSPHRASES, type Passphrases } from '../store/passphrases.ts'
import { requireWhole } from '../store/lost-parts.ts'
import { acquireLock } from '../store/lock.ts'
import { foundSwarm } from './founding.ts'

export interface SwarmPlan {
  readonly name: string
  readonly label: string
  /** Beside this peer's own key. */
  readonly operators: readonly PeerId[]
  readonly needed: number
  /** Undefined: this peer. */
  readonly minters: readonly PeerId[] | undefined
  readonly treasury: PeerId | undefined
  readonly admission: Charter['admission']
  readonly guests: boolean
  readonly diversity: Charter['diversity']
  /** Undefined: as every new swarm. */
  readonly fee: bigint | undefined
  readonly maxPrice: bigint | undefined
}

const FAULTS: Readonly<Partial<Record<string, string>>> = {
  operator_twice: 'an operator is named twice',
  minter_twice: 'a minter is named twice',
  operators_needed_out_of_range: 'more operators must sign than there are',
}

/**
 * Founds a swarm of one in a data folder, making its identity if there is none. Throws `ConfigError` where the folder
 * has a swarm already, or for what can't be a charter; nothing but the identity is written then.
 */
export async function initSwarm(
  folder: DataFolder,
  plan: SwarmPlan,
  passphrases: Passphrases = NO_PASSPHRASES,
): Promise<Charter> {
  checkTexts(plan)
  const lock = await acquireLock(folder.root)
  try {
    const before = await readCharter(folder)
    if (before !== undefined)
      throw new ConfigError(
        `${folder.root} belongs to the swarm "${before.name}" (${swarmIdOf(before)}) already: name another folder with --data`,
      )
    if ((await readJoining(folder)) !== undefined)
      throw new ConfigError(
        `${folder.root} is about to join a swarm: "hyperlooms up" goes on with it, or name another folder with --data`,
      )
    await requireWhole(folder)
    const { id } = await loadOrCreateIdentity(folder.root, passphrases)
    const charter = charterOf(id, plan, await ownRules())
    const fault = charterFault(charter)
    if (fault !== undefined) throw new ConfigError(`this is no charter: ${FAULTS[fault] ?? fault}`)
    await writeCharter(folder, charter)
    return charter
  } finally {
    await lock.release()
  }
}

function checkTexts({ name, label, operators, needed }: SwarmPlan): void {
  for (const [what, text, bytes] of [
    ['name', name, LIMITS.nameBytes],
    ['label', label, LIMITS.labelBytes],
  ] as const) {
    if (!isPlainText(text))
      throw new ConfigError(`the ${what} contains a control character, or half of a character`)
    if (text === '' || Buffer.byteLength(text) > bytes)
      throw new ConfigError(`the ${what} has 1 to ${bytes} bytes of text`)
  }
  if (operators.length + 1 > LIMITS.operators)
    throw new ConfigError(`a swarm has at most ${LIMITS.operators} operators`)
  if (needed < 1) throw new ConfigError('at least one operator must sign')
}

function charterOf(id: PeerId, plan: SwarmPlan, rules: Charter['rules']): Charter {
  const { name, label, fee, maxPrice, admission, guests, diversity } = plan
  const founded = foundSwarm({ name, founders: [{ peer: id, operator: label }], rules })
  const { params } = founded
  return {
    ...founded,
    admission,
    guests,
    diversity,
    operators: { keys: [id, ...plan.operators].sort(), needed: plan.needed },
    minters: [...(plan.minters ?? founded.minters)],
    treasury: plan.treasury ?? founded.treasury,
    params: { ...params, fee: fee ?? params.fee, maxPrice: maxPrice ?? params.maxPrice },
  }
}
