import { sign } from '../../protocol/encoding/signed.ts'
import { ENTRY, type Entry, genesisOf } from '../../protocol/ledger/entry.ts'
import { AMOUNT_MAX, OUTPUT_MIN } from '../../protocol/params.ts'
import { type CreateAdversary, toWitnesses } from './adversary.ts'
import { createSideDriver } from './side-driver.ts'

/** Asks for votes for entries that no rule allows, one kind after the other. */
export const createBadEntries: CreateAdversary = (means, view) => {
  const { signer, roster, random } = means
  const side = createSideDriver(means)
  const account = signer.id

  const next = (): Entry => {
    const { seq = 0, head = genesisOf(roster.swarm, account), free = 0n } = view.account(account) ?? {}
    return { account, seq, prev: head, claims: [], ops: [], free }
  }
  const [to] = roster.epoch.witnesses.filter((peer) => peer !== account)
  const receiver = to ?? account
  const pay = { type: 'transfer', to: receiver, memo: '' } as const

  const bad: readonly ((entry: Entry) => Entry)[] = [
    (entry) => ({ ...entry, ops: [{ ...pay, amount: entry.free + OUTPUT_MIN }] }),
    (entry) => ({ ...entry, ops: [{ ...pay, amount: OUTPUT_MIN }] }),
    (entry) => ({ ...entry, ops: [{ ...pay, amount: AMOUNT_MAX }], free: 0n }),
    (entry) => ({ ...entry, ops: [{ type: 'mint', to: account, amount: OUTPUT_MIN, memo: '' }] }),
    (entry) => ({ ...entry, free: entry.free + OUTPUT_MIN }),
    (entry) => ({ ...entry, seq: entry.seq + 3, ops: [{ ...pay, amount: OUTPUT_MIN }] }),
    (entry) => ({ ...entry, prev: roster.charter.rules, ops: [{ ...pay, amount: OUTPUT_MIN }] }),
    (entry) => ({
      ...entry,
      claims: [{ source: entry.prev, index: 0 }],
      free: entry.free + OUTPUT_MIN,
    }),
  ]

  return {
    incoming: (message) => side.onMessage(message),
    tick() {
      const entry = sign(signer, roster.swarm, ENTRY, random.pick(bad)(next()))
      return toWitnesses(means, (witness) => side.ask(witness, entry))
    },
  }
}
