import { AMOUNT_MAX, UNITS_PER_CREDIT } from '../params.ts'

const DECIMALS = 6

/** What a credit is and why it can be trusted; command line and page say it in these words. */
export const CREDIT_SENTENCE =
  "A credit is a claim on work in this swarm: it moves only by its owner's signature or a job's verdict, and only " +
  'once a quorum of witnesses has signed as well, so nobody can forge it, spend it twice or take it away while ' +
  'fewer than a third of the witnesses lie, and anybody can check every signature.'

/** Units of the ledger as credits: `12500000n` is `12.5`. */
export function formatCredits(units: bigint): string {
  const whole = units / UNITS_PER_CREDIT
  const fraction = (units % UNITS_PER_CREDIT).toString().padStart(DECIMALS, '0').replace(/0+$/, '')
  return fraction === '' ? whole.toString() : `${whole}.${fraction}`
}

/** Credits as units of the ledger; undefined for anything but a plain decimal that the ledger can hold. */
export function parseCredits(text: string): bigint | undefined {
  const match = /^(0|[1-9][0-9]{0,12})(?:\.([0-9]{1,6}))?$/.exec(text)
  if (match === null) return undefined
  const units = BigInt(match[1] ?? '0') * UNITS_PER_CREDIT + BigInt((match[2] ?? '').padEnd(DECIMALS, '0'))
  return units <= AMOUNT_MAX ? units : undefined
}
