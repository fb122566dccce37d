import { InvalidArgumentError } from 'commander'

const SECONDS: Readonly<Record<string, number>> = { m: 60, h: 3_600, d: 86_400 }

/** Seconds in a text such as `45m`, `12h` or `7d`. */
export function duration(text: string): number {
  const [, digits, unit = ''] = /^(\d{1,5})([mhd])$/.exec(text) ?? []
  const seconds = SECONDS[unit]
  if (digits === undefined || seconds === undefined)
    throw new InvalidArgumentError('It must be a number of minutes, hours or days, such as 45m, 12h or 7d.')
  return Number(digits) * seconds
}
