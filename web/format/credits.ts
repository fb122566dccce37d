import { parseCredits } from '../../protocol/api/credits.ts'

/** Groups the whole part of a plain decimal by thousands: `1250000.5` is `1,250,000.5`. */
export function groupDigits(decimal: string): string {
  const [whole = '', fraction] = decimal.split('.')
  const grouped = whole.replace(/\B(?=(?:\d{3})+$)/g, ',')
  return fraction === undefined ? grouped : `${grouped}.${fraction}`
}

/** `1 credit`, `12.5 credits`. */
export function inCredits(decimal: string): string {
  return `${groupDigits(decimal)} ${decimal === '1' ? 'credit' : 'credits'}`
}

/** Units of the ledger; an amount that isn't one counts as nothing. */
export function unitsOf(decimal: string): bigint {
  return parseCredits(decimal) ?? 0n
}

export function sumUnits(decimals: readonly string[]): bigint {
  return decimals.reduce((sum, decimal) => sum + unitsOf(decimal), 0n)
}

/** Share of the whole in percent, for drawing only. */
export function percentOf(part: bigint, whole: bigint): number {
  return whole === 0n ? 0 : Number((part * 10_000n) / whole) / 100
}
