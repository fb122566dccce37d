/** Longer than anything typed by hand; also bounds the depth of parentheses. */
export const EXPRESSION_LENGTH_MAX = 400
/** Some 2,400 digits: powers beyond would take long to compute and nobody reads them. */
const RESULT_BITS_MAX = 8_192
/** Decimals that are written out before a fraction is clearer. */
const DECIMALS_MAX = 30
const APPROXIMATION_DECIMALS = 6

/** An exact number, the denominator positive and the fraction reduced. */
interface Fraction {
  readonly numerator: bigint
  readonly denominator: bigint
}

/** Why an expression has no value that can be written down. */
class ArithmeticFault extends Error {
  readonly code: 'arithmetic_malformed' | 'arithmetic_division_by_zero' | 'arithmetic_too_large'
  constructor(code: ArithmeticFault['code']) {
    super(code)
    this.code = code
  }
}

/**
 * The exact value of an expression of decimal numbers, + - * / ^ and parentheses, as text: an integer, a
 * decimal, or a reduced fraction with an approximation. Undefined when it isn't such an expression.
 */
export function evaluate(expression: string): string | undefined {
  if (expression.length > EXPRESSION_LENGTH_MAX) return undefined
  const tokens = expression.match(/\d+(?:\.\d+)?|\*\*|[-+*/^()]|\S/g) ?? []
  const reader = { tokens, at: 0 }
  try {
    const value = readSum(reader)
    return reader.at === tokens.length ? formatted(value) : undefined
  } catch (error) {
    if (!(error instanceof ArithmeticFault)) throw error
    if (error.code === 'arithmetic_malformed') return undefined
    return error.code === 'arithmetic_too_large' ? 'too large to write down' : 'undefined (division by zero)'
  }
}

interface Reader {
  readonly tokens: readonly string[]
  at: number
}

function taken(reader: Reader, ...wanted: readonly string[]): string | undefined {
  const token = reader.tokens[reader.at]
  if (token === undefined || !wanted.includes(token)) return undefined
  reader.at += 1
  return token
}

function readSum(reader: Reader): Fraction {
  let value = readProduct(reader)
  for (let sign = taken(reader, '+', '-'); sign !== undefined; sign = taken(reader, '+', '-')) {
    const next = readProduct(reader)
    const addend = sign === '+' ? next.numerator : -next.numerator
    value = fraction(
      value.numerator * next.denominator + addend * value.denominator,
      value.denominator * next.denominator,
    )
  }
  return value
}

function readProduct(reader: Reader): Fraction {
  let value = readPower(reader)
  for (let sign = taken(reader, '*', '/'); sign !== undefined; sign = taken(reader, '*', '/')) {
    const next = readPower(reader)
    value =
      sign === '*'
        ? fraction(value.numerator * next.numerator, value.denominator * next.denominator)
        : fraction(value.numerator * next.denominator, value.denominator * next.numerator)
  }
  return value
}

/** A sign binds weaker than a power, as in mathematics: -2^2 is -4. */
function readPower(reader: Reader): Fraction {
  const sign = taken(reader, '-', '+')
  if (sign !== undefined) {
    const value = readPower(reader)
    return sign === '-' ? fraction(-value.numerator, value.denominator) : value
  }
  const base = readAtom(reader)
  return taken(reader, '^', '**') === undefined ? base : power(base, readPower(reader))
}

function readAtom(reader: Reader): Fraction {
  if (taken(reader, '(') !== undefined) {
    const value = readSum(reader)
    if (taken(reader, ')') === undefined) throw new ArithmeticFault('arithmetic_malformed')
    return value
  }
  const [whole, decimals = ''] = (reader.tokens[reader.at] ?? '').split('.')
  if (whole === undefined || !/^\d+$/.test(whole)) throw new ArithmeticFault('arithmetic_malformed')
  reader.at += 1
  return fraction(BigInt(whole + decimals), 10n ** BigInt(decimals.length))
}

function power(base: Fraction, exponent: Fraction): Fraction {
  if (exponent.denominator !== 1n) throw new ArithmeticFault('arithmetic_malformed')
  const size = exponent.numerator < 0n ? -exponent.numerator : exponent.numerator
  const bits = BigInt(Math.max(bitsOf(base.numerator), bitsOf(base.denominator)))
  if (bits > 1n && bits * size > RESULT_BITS_MAX) throw new ArithmeticFault('arithmetic_too_large')
  // Only -1, 0 and 1 come here with a huge exponent, and of that only the parity matters.
  const times = bits > 1n ? size : size === 0n ? 0n : 2n - (size % 2n)
  const [numerator, denominator] = [base.numerator ** times, base.denominator ** times]
  return exponent.numerator < 0n ? fraction(denominator, numerator) : fraction(numerator, denominator)
}

function fraction(numerator: bigint, denominator: bigint): Fraction {
  if (denominator === 0n) throw new ArithmeticFault('arithmetic_division_by_zero')
  if (bitsOf(numerator) > RESULT_BITS_MAX || bitsOf(denominator) > RESULT_BITS_MAX) {
    throw new ArithmeticFault('arithmetic_too_large')
  }
  const divisor = greatestCommonDivisor(numerator, denominator) * (denominator < 0n ? -1n : 1n)
  return { numerator: numerator / divisor, denominator: denominator / divisor }
}

function greatestCommonDivisor(one: bigint, other: bigint): bigint {
  let [large, small] = [one < 0n ? -one : one, other < 0n ? -other : other]
  while (small !== 0n) [large, small] = [small, large % small]
  return large
}

function bitsOf(value: bigint): number {
  return (value < 0n ? -value : value).toString(2).length
}

function formatted({ numerator, denominator }: Fraction): string {
  if (denominator === 1n) return numerator.toString()
  for (let decimals = 1; decimals <= DECIMALS_MAX; decimals += 1) {
    const scaled = numerator * 10n ** BigInt(decimals)
    if (scaled % denominator === 0n) return withDecimals(scaled / denominator, decimals)
  }
  const scaled = numerator * 10n ** BigInt(APPROXIMATION_DECIMALS) * 2n
  const rounded = (scaled + (numerator < 0n ? -denominator : denominator)) / (denominator * 2n)
  return `${numerator}/${denominator} (about ${withDecimals(rounded, APPROXIMATION_DECIMALS)})`
}

function withDecimals(scaled: bigint, decimals: number): string {
  const digits = (scaled < 0n ? -scaled : scaled).toString().padStart(decimals + 1, '0')
  return `${scaled < 0n ? '-' : ''}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`
}
