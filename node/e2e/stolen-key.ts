import type { EpochResource } from '../../protocol/api/epoch-schema.ts'
import { signTogether } from '../../protocol/encoding/multi-signed.ts'
import { PARTIAL_ORDER } from '../../protocol/epoch/order-text.ts'
import type { SwarmId } from '../../protocol/ids.ts'
import { foundingGovernance } from '../../protocol/swarm/charter.ts'
import { EPOCH_ORDER } from '../../protocol/swarm/governance.ts'
import { readCharter } from '../config/charter-file.ts'
import { dataFolder } from '../config/data-folder.ts'
import { createNativeSigner } from '../crypto/native-signer.ts'
import { loadOrCreateIdentity } from '../store/keystore.ts'
import { invitationOf } from './inviting.ts'
import type { Village } from './village.ts'

export interface StolenAttempt {
  readonly attempt: string
  readonly code: number | null
  readonly words: string
}

/** What the commands of a machine say of something that a founder's key signed after it had left. */
export async function offerStolen(village: Village): Promise<readonly StolenAttempt[]> {
  const thief = village.at('thief')
  const charter = await readCharter(dataFolder(thief.data))
  const { seed, id } = await loadOrCreateIdentity(thief.data)
  if (charter === undefined) throw new Error('the thief has the charter')
  const { self } = await village.status('barn')
  const { number } = await village.at('barn').json<EpochResource>('swarm', 'epoch')
  const [swarm, operator] = [self.swarm_id as SwarmId, createNativeSigner(seed)]
  const addresses = [await dialOf(village, 'barn')]
  const { text } = invitationOf({ swarm, operator, addresses }, { grant: 1_000_000_000n })
  const governance = { ...foundingGovernance(charter), fee: 1n, witnesses: [id] }
  const order = (of: number) => {
    const signed = signTogether([operator], swarm, EPOCH_ORDER, { number: of, governance })
    return PARTIAL_ORDER.write({ swarm, order: signed })
  }
  const attempts = [
    ['an invitation', 'friend', ['swarm', 'join', text]],
    ['an order for the next epoch', 'barn', ['swarm', 'cosign', order(number + 1), '--yes']],
    ['an order for epoch 1', 'barn', ['swarm', 'cosign', order(1), '--yes']],
  ] as const
  const ends: StolenAttempt[] = []
  for (const [attempt, machine, args] of attempts) {
    const { code, err } = await village.at(machine).run(...args)
    const words = err.split('\n').find((line) => /refused|Not joined|have signed/.test(line)) ?? err
    village.say(`the stolen key signed ${attempt}: exit code ${code}, ${words}`)
    ends.push({ attempt, code, words })
  }
  return ends
}

/** A founder's old disk is run again: it makes a history of its own, and shows it to the others, who go on. */
export async function runStolen(village: Village, names: readonly string[]): Promise<void> {
  const thief = village.at('thief')
  const { id } = await loadOrCreateIdentity(thief.data)
  await village.step('the thief runs it alone, mints a million and changes its own epoch', async () => {
    await thief.up('--operator', 'thief')
    await village.certified('thief', 'credits', 'mint', id, '1000000')
    await thief.json('swarm', 'epoch', 'order', '--fee', '9')
  })
  await village.step('the thief meets the others and shows them all of it; they go on paying', async () => {
    await thief.kill()
    await thief.up('--bootstrap', await dialOf(village, 'barn'))
    await village.untilConnected('barn', id)
    await village.certified('elm', 'wallet', 'send', await village.id('mill'), '0.5')
    const [before] = await village.level(names)
    await village.certified('mill', 'wallet', 'send', await village.id('elm'), '0.5')
    const [after] = await village.level(names)
    if (after === before) throw new Error('a payment changes the root')
  })
}

async function dialOf(village: Village, name: string): Promise<string> {
  return `${village.at(name).address}/p2p/${await village.id(name)}`
}
