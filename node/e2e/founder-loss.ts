import { cp, rm } from 'node:fs/promises'
import type { EpochResource, OrderAnswer } from '../../protocol/api/epoch-schema.ts'
import type { Job } from '../../protocol/api/job-schema.ts'
import type { InvitationAnswer, RevocationAnswer } from '../../protocol/api/swarm-schema.ts'
import { EXIT } from '../cli/exit-codes.ts'
import { poll } from '../swarm/poll.ts'
import { offerStolen, runStolen, type StolenAttempt } from './stolen-key.ts'
import { labelsOf, Village } from './village.ts'

/** Processes of a busy machine. */
const WAIT_MS = 60_000
const PROMPT =
  'Summarise: The Rhine flows 1,230 km from the Alps to the North Sea. It passes Basel and Cologne.'
const OTHERS = ['barn', 'shed', 'mill'] as const
const LEFT = [...OTHERS, 'elm'] as const

/** What is the same on every machine that is left, and what the swarm came to. */
export interface FounderLossResult {
  readonly roots: readonly string[]
  readonly epoch: EpochResource
  readonly minted: number
  /** Credits that are accounted for: free, unclaimed, set aside and burnt. */
  readonly accounted: number
  readonly job: Job['status']
  /** Labels. */
  readonly members: readonly string[]
  readonly founder: string
  /** How each attempt with the founder's stolen key ended. */
  readonly stolen: readonly StolenAttempt[]
}

/**
 * A swarm founded by one grows to four by its own commands, hands itself over to two of three others, and loses its
 * founder for good: process, disk and key, which somebody else has now. The rest invite, revoke, mint, pay, run a job
 * and drop the founder from the witnesses. Each machine is a process of its own with a home of its own.
 */
export async function loseFounder(village: Village): Promise<FounderLossResult> {
  await grow(village)
  const founder = await lose(village)
  await goOn(village)
  const job = await work(village)
  await dropFounder(village, founder)
  const stolen = await offerStolen(village)
  await runStolen(village, LEFT)
  const roots = await village.level(LEFT)
  village.say(`the roots of ${LEFT.join(', ')}: ${[...new Set(roots)].join(', ')}`)
  const { minted, ...supply } = (await village.status('barn')).stats.ledger.supply
  const accounted = Object.values(supply).reduce((sum, part) => sum + Number(part), 0)
  const epoch = await village.at('mill').json<EpochResource>('swarm', 'epoch')
  village.say(`epoch ${epoch.number}: ${labelsOf(epoch)}; ${minted} credits made, ${accounted} there`)
  const members = (await village.members('shed')).map(({ label }) => label)
  return { roots, epoch, minted: Number(minted), accounted, job, members, founder, stolen }
}

async function grow(village: Village): Promise<void> {
  const founder = village.at('founder')
  await village.step('the founder founds a swarm of one', () => founder.up('--operator', 'founder'))
  for (const name of OTHERS)
    await village.step(`${name} comes in by an invitation with 5 credits`, async () => {
      const invite = ['swarm', 'invite', '--label', name, '--grant', '5']
      const { text } = await founder.json<InvitationAnswer>(...invite)
      await village.at(name).up('--join', text)
    })
  await village.step("somebody copies the founder's disk, key and all", async () => {
    await founder.kill()
    // Without what belongs to the process that ran there, and where it would meet the others.
    const filter = (path: string) => !/\/(lock\.\d+|control\.sock|addresses\.json)$/.test(path)
    await cp(founder.home, village.at('thief').home, { recursive: true, filter })
    await founder.up('--operator', 'founder')
  })
  await village.step('the founder promotes barn, shed and mill in one change; each agrees', async () => {
    await founder.json<OrderAnswer>('swarm', 'promote', ...OTHERS, '--no-wait')
    await Promise.all(OTHERS.map((name) => village.accept(name)))
  })
  await village.step('the founder hands over: 2 of barn, shed and mill operate, barn mints', async () => {
    const hands = ['--operators', ...OTHERS, '--needed', '2', '--minters', 'barn', '--treasury', 'shed']
    await founder.json('swarm', 'epoch', 'order', ...hands, '--yes')
  })
  await village.epochs(2, OTHERS)
}

/** The id of the founder, whose key somebody else has. */
async function lose(village: Village): Promise<string> {
  const founder = village.at('founder')
  const id = await village.id('founder')
  await village.step("the founder's process is killed, and its disk is gone", async () => {
    await founder.kill()
    await rm(founder.home, { recursive: true })
    village.machines.delete('founder')
  })
  return id
}

async function goOn(village: Village): Promise<void> {
  for (const name of ['elm', 'ash'])
    await village.step(`barn and shed let ${name} in with 5 new credits`, async () => {
      await village.at(name).up('--join', await invite(village, name))
    })
  await village.step('barn mints 10 credits for elm', async () => {
    await village.certified('barn', 'credits', 'mint', await village.id('elm'), '10')
  })
  await village.step('elm comes to the ledger of the others', () => village.level(LEFT))
  await village.step('elm pays mill 3 credits, and mill pays shed 1', async () => {
    await village.certified('elm', 'wallet', 'send', await village.id('mill'), '3')
    await village.certified('mill', 'wallet', 'send', await village.id('shed'), '1')
  })
  await village.step('mill and barn revoke ash', async () => {
    const key = await village.id('ash')
    const { text } = await village.at('mill').later<RevocationAnswer>('swarm', 'revoke', key)
    await village.at('barn').json('swarm', 'cosign', text ?? '', '--yes')
    await village.untilMembers('shed', (members) => members.every(({ peer_id: id }) => id !== key))
    await village.at('ash').kill()
    village.machines.delete('ash')
  })
}

/** Barn begins, shed signs, and barn, which alone can make the secret, ends it. */
async function invite(village: Village, label: string): Promise<string> {
  const [barn, shed] = [village.at('barn'), village.at('shed')]
  const begun = await barn.later<InvitationAnswer>('swarm', 'invite', '--label', label, '--grant', '5')
  const signed = await shed.later<InvitationAnswer>('swarm', 'cosign', begun.text, '--yes')
  return (await barn.json<InvitationAnswer>('swarm', 'cosign', signed.text)).text
}

function work(village: Village): Promise<Job['status']> {
  return village.step('mill pays for a job that two others answer', async () => {
    // It is refused until mill has heard what the others offer.
    const ask = () => village.at('mill').json<Job>('run', PROMPT, '--replicas', '2')
    const job = await poll(ask, { timeoutMs: WAIT_MS })
    if (job === undefined) throw new Error('the job was refused again and again')
    return job.status
  })
}

async function dropFounder(village: Village, founder: string): Promise<void> {
  await village.step('shed orders elm in place of the founder, barn signs too, elm agrees', async () => {
    const change = ['swarm', 'promote', 'elm', '--replace', founder, '--json']
    const { code, out, err } = await village.at('shed').run(...change)
    if (code !== EXIT.notCompleted) throw new Error(`one of two operators: exit code ${code}: ${err}`)
    const { text }: OrderAnswer = JSON.parse(out)
    await village.at('barn').json('swarm', 'cosign', text ?? '', '--yes', '--no-wait')
    await village.accept('elm')
  })
  await village.epochs(3, LEFT)
}
