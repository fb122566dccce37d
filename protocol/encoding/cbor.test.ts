import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeByLibrary, decodeCanonical, encodeByLibrary, encodeCanonical } from './cbor.ts'
import { DecodeError } from './decode-error.ts'

/** Texts that begin with what a decoder of files takes for a mark, short and long. */
const marked = fc
  .tuple(fc.constantFrom('\uFEFF', '\uFEFF\uFEFF'), fc.string({ unit: 'binary', maxLength: 400 }))
  .map((parts) => parts.join(''))

const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.nat(),
    fc.maxSafeNat(),
    fc.bigInt(-(2n ** 64n), 2n ** 64n - 1n),
    fc.integer(),
    fc.constantFrom(-0, 23, 24, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, 1.5),
    fc.string(),
    fc.string({ unit: 'binary' }),
    marked,
    fc.uint8Array({ maxLength: 300 }),
    fc.constantFrom(null, true, false),
    fc.array(tie('any'), { maxLength: 30 }),
    fc
      .uniqueArray(fc.tuple(fc.string({ maxLength: 3 }), tie('any')), { selector: ([key]) => key })
      .map((entries) => new Map(entries)),
  ),
})).any

/** What came of it, as a comparable value; anything but a `DecodeError` fails the test. */
function outcome(decode: () => unknown): unknown {
  try {
    return { value: decode() }
  } catch (error) {
    if (error instanceof DecodeError) return { code: error.code }
    throw error
  }
}

describe('canonical CBOR', () => {
  it('is written as the library writes it, and read as the library reads it', () => {
    fc.assert(
      fc.property(value, (one) => {
        const expected = encodeByLibrary(one)
        expect(encodeCanonical(one)).toEqual(expected)
        expect(outcome(() => decodeCanonical(expected))).toEqual(outcome(() => decodeByLibrary(expected)))
      }),
      { numRuns: 2_000 },
    )
  })

  it('gives every well-formed text back, whatever it begins with and whatever stands beside it', () => {
    const beside = fc.constantFrom(0, 2n ** 63n - 1n)
    fc.assert(
      fc.property(fc.oneof(marked, fc.string({ unit: 'binary' })), beside, (text, other) => {
        fc.pre(text.isWellFormed())
        expect(decodeCanonical(encodeCanonical([text, other]))).toEqual([text, other])
        const key = new Map([[text, other]])
        expect(decodeCanonical(encodeCanonical(key))).toEqual(key)
      }),
      { numRuns: 2_000 },
    )
  })

  it('is refused in every other form, with the same code as by the library', () => {
    const spoilt = fc.tuple(value, fc.nat(), fc.nat(255), fc.constantFrom('flip', 'cut', 'grow'))
    fc.assert(
      fc.property(spoilt, ([one, where, byte, how]) => {
        const bytes = encodeCanonical(one)
        const at = where % bytes.length
        const bad =
          how === 'cut'
            ? bytes.slice(0, at)
            : how === 'grow'
              ? Uint8Array.of(...bytes.slice(0, at), byte, ...bytes.slice(at))
              : bytes.map((each, index) => (index === at ? byte : each))
        expect(outcome(() => decodeCanonical(bad))).toEqual(outcome(() => decodeByLibrary(bad)))
      }),
      { numRuns: 5_000 },
    )
  })

  it.each([
    ['a longer head than needed', [0x18, 0x17]],
    ['a wider integer than needed', [0x19, 0x00, 0xff]],
    ['an indefinite list', [0x9f, 0x01, 0xff]],
    ['keys out of order', [0xa2, 0x61, 0x62, 0x01, 0x61, 0x61, 0x02]],
    ['a longer key before a shorter one', [0xa2, 0x62, 0x61, 0x61, 0x01, 0x61, 0x62, 0x02]],
    ['a key twice', [0xa2, 0x61, 0x61, 0x01, 0x61, 0x61, 0x02]],
    ['an integer as a float', [0xf9, 0x3c, 0x00]],
    ['a truncated text', [0x63, 0x61, 0x62]],
    ['bytes behind the value', [0x01, 0x02]],
    ['text that is no UTF-8', [0x61, 0xff]],
    ['nothing', []],
    ['a tag', [0xc0, 0x61, 0x61]],
  ])('refuses %s', (_what, bytes) => {
    expect(outcome(() => decodeCanonical(Uint8Array.from(bytes)))).toHaveProperty('code')
  })

  it('keeps no part of the message that a value came in', () => {
    const bytes = encodeCanonical([Uint8Array.of(1, 2, 3)])
    const [part] = decodeCanonical(bytes) as Uint8Array[]
    bytes.fill(9)
    expect(part).toEqual(Uint8Array.of(1, 2, 3))
  })

  it('never hands out what a later call writes into', () => {
    const first = encodeCanonical([1, 2])
    const large = encodeCanonical(new Uint8Array(100_000))
    encodeCanonical([3, 4])
    expect(first).toEqual(Uint8Array.of(0x82, 1, 2))
    expect(large.length).toBe(100_005)
  })
})
