import { readFileSync } from 'node:fs'
import { sign as nobleSign } from '@noble/ed25519'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { createNobleSigner } from '../../protocol/crypto/noble-signer.ts'
import { createNobleVerifier } from '../../protocol/crypto/noble-verifier.ts'
import type { SignatureCheck, Verifier } from '../../protocol/crypto/verifier.ts'
import { peerIdOf } from '../../protocol/ids.ts'
import { buildEd25519Vectors } from '../../protocol/vectors/ed25519.build.ts'
import { createNativeSigner } from './native-signer.ts'
import { createNativeVerifier } from './native-verifier.ts'
import { createVerifierThreads } from './verifier-threads.ts'

const vectors = buildEd25519Vectors()
const threads = createVerifierThreads({ size: 2 })
afterAll(() => threads.close())
const adapters: readonly (readonly [string, () => Verifier])[] = [
  ['noble', createNobleVerifier],
  ['native', () => createNativeVerifier({ cacheEntriesMax: 16 })],
  ['native on threads', () => createNativeVerifier({ cacheEntriesMax: 16, threads })],
]

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'))

function checkOf(vector: { publicKey: string; message: string; sig: string }): SignatureCheck {
  return {
    signer: peerIdOf(bytes(vector.publicKey)),
    message: bytes(vector.message),
    sig: bytes(vector.sig),
  }
}

it('commits the vectors as the build script makes them', () => {
  const file = new URL('../../protocol/vectors/ed25519.json', import.meta.url)
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(vectors)
  expect(new Set(vectors.map(({ name }) => name)).size).toBe(vectors.length)
})

describe.each(adapters)('%s verifier', (_, create) => {
  it.each(vectors)('decides $name: $valid', async (vector) => {
    expect(await create().verify([checkOf(vector)])).toEqual([vector.valid])
  })

  it('answers in order, the second time as well as the first', async () => {
    const verifier = create()
    const checks = vectors.map(checkOf)
    const expected = vectors.map(({ valid }) => valid)
    expect(await verifier.verify(checks)).toEqual(expected)
    expect(await verifier.verify(checks)).toEqual(expected)
  })

  it('says no to signatures of another length and to signers that are no ids', async () => {
    const signer = createNativeSigner(new Uint8Array(32))
    const message = Uint8Array.of(1, 2, 3)
    const sig = signer.sign(message)
    const longer = Uint8Array.of(...sig, 0)
    // A signer from the wire that was never held against isPeerId.
    const foreign: SignatureCheck = JSON.parse('{"signer":"12D3KooW\\u0000"}')
    const checks = [
      { signer: signer.id, message, sig },
      { signer: signer.id, message, sig: sig.subarray(0, 63) },
      { signer: signer.id, message, sig: longer },
      { signer: signer.id, message, sig: new Uint8Array(0) },
      { signer: foreign.signer, message, sig },
    ]
    expect(await create().verify(checks)).toEqual([true, false, false, false, false])
  })
})

it('takes what its own signer made for valid, and nothing else of that signer', async () => {
  const verifier = createNativeVerifier({ cacheEntriesMax: 16 })
  const made: SignatureCheck[] = []
  const signer = createNativeSigner(new Uint8Array(32), (own) => {
    made.push(own)
    verifier.remember(own)
  })
  const body = Uint8Array.of(1, 2, 3)
  const sig = signer.sign(body)
  expect(made).toEqual([{ signer: signer.id, message: body, sig }])
  const forged = sig.map((byte, at) => (at === 40 ? byte ^ 1 : byte))
  const other = Uint8Array.of(1, 2, 4)
  expect(
    await verifier.verify([
      { signer: signer.id, message: body, sig },
      { signer: signer.id, message: body, sig: forged },
      { signer: signer.id, message: other, sig },
    ]),
  ).toEqual([true, false, false])
})

/** Checks in a batch over which the frail thread hangs or dies; of others it says that all are valid. */
const [HANGS, DIES] = [20, 30]
const FRAIL = new URL(
  `data:text/javascript,${encodeURIComponent(`
    import { parentPort } from 'node:worker_threads'
    // All checks of a batch have one size here.
    parentPort.on('message', (packed) => {
      const view = new DataView(packed.buffer)
      const count = packed.length / (72 + view.getUint32(0) + view.getUint32(4))
      if (count === ${HANGS}) for (;;);
      if (count === ${DIES}) process.exit(1)
      parentPort.postMessage(new Uint8Array(count).fill(1))
    })`)}`,
)

describe('verifier threads', () => {
  const signer = createNativeSigner(new Uint8Array(32))
  const made = (count: number): SignatureCheck[] =>
    Array.from({ length: count }, (_, at) => {
      const body = Uint8Array.of(at, at >> 8)
      return { signer: signer.id, message: body, sig: signer.sign(body) }
    })

  it('answer each batch in its order, however many are under way', async () => {
    const batches = [made(40), made(13), made(1), made(27)]
    const spoilt = batches.map((batch, number) =>
      batch.map((check, at) => (at === number ? { ...check, message: Uint8Array.of(9, 9, 9) } : check)),
    )
    const answers = await Promise.all(spoilt.map((batch) => threads.verify(batch)))
    expect(answers).toEqual(spoilt.map((batch, number) => batch.map((_, at) => at !== number)))
  })

  it('are done without when they end in the middle of it', async () => {
    const mortal = createVerifierThreads({ size: 1 })
    const verifier = createNativeVerifier({ cacheEntriesMax: 256, threads: mortal })
    const verifying = verifier.verify(made(200))
    await mortal.close()
    expect(await verifying).toEqual(made(200).map(() => true))
  })

  it('are replaced when one hangs or dies, and its checks are made all the same', async () => {
    const frail = createVerifierThreads({ size: 1, script: FRAIL, stallMs: 200 })
    await expect(frail.verify(made(HANGS))).rejects.toThrow('ended')
    expect(await frail.verify(made(1))).toEqual([true])
    await expect(frail.verify(made(DIES))).rejects.toThrow('ended')
    expect(await frail.verify(made(1))).toEqual([true])
    const verifier = createNativeVerifier({ cacheEntriesMax: 256, threads: frail })
    expect(await verifier.verify(made(HANGS))).toEqual(made(HANGS).map(() => true))
    await frail.close()
  })

  it('take nothing that would read as another check once it is packed', async () => {
    const [check] = made(1)
    if (check === undefined) throw new RangeError('no check')
    const alike = check.signer.replace('1', '\u0131') as typeof check.signer
    await expect(threads.verify([{ ...check, signer: alike }])).rejects.toThrow(RangeError)
    await expect(threads.verify([{ ...check, sig: check.sig.subarray(1) }])).rejects.toThrow(RangeError)
  })
})

describe('both signers', () => {
  it.each(vectors.filter(({ seed }) => seed !== undefined))('reproduce $name', (vector) => {
    for (const signer of [
      createNobleSigner(bytes(vector.seed ?? '')),
      createNativeSigner(bytes(vector.seed ?? '')),
    ]) {
      expect(signer.id).toBe(peerIdOf(bytes(vector.publicKey)))
      expect(Buffer.from(signer.sign(bytes(vector.message))).toString('hex')).toBe(vector.sig)
    }
  })
})

const seed = fc.uint8Array({ minLength: 32, maxLength: 32 })
const message = fc.uint8Array({ maxLength: 300 })
const point = fc.oneof(
  fc.uint8Array({ minLength: 32, maxLength: 32 }),
  fc.constantFrom(...vectors.map(({ publicKey }) => bytes(publicKey))),
  fc.constantFrom(...vectors.map(({ sig }) => bytes(sig).subarray(0, 32))),
)
const flip = fc.record({ at: fc.nat(), bit: fc.nat(7) })

function flipped(original: Uint8Array, { at, bit }: { at: number; bit: number }): Uint8Array {
  const copy = Uint8Array.from(original)
  const position = at % Math.max(1, copy.length)
  return copy.map((byte, index) => (index === position ? byte ^ (1 << bit) : byte))
}

describe('noble and native verifiers agree', () => {
  const noble = createNobleVerifier()
  const native = createNativeVerifier({ cacheEntriesMax: 4 })
  const bothSay = async (check: SignatureCheck): Promise<boolean> => {
    const [[left], [right], [again]] = await Promise.all([
      noble.verify([check]),
      native.verify([check]),
      native.verify([check]),
    ])
    expect([right, again]).toEqual([left, left])
    return left === true
  }

  it('on what each signer signs, and on one flipped bit of it', async () => {
    await fc.assert(
      fc.asyncProperty(seed, message, flip, async (secret, text, change) => {
        const signer = createNativeSigner(secret)
        const sig = signer.sign(text)
        expect(Buffer.compare(sig, nobleSign(text, secret))).toBe(0)
        expect(await bothSay({ signer: signer.id, message: text, sig })).toBe(true)
        expect(await bothSay({ signer: signer.id, message: text, sig: flipped(sig, change) })).toBe(false)
        if (text.length > 0) {
          expect(await bothSay({ signer: signer.id, message: flipped(text, change), sig })).toBe(false)
        }
      }),
      { numRuns: 60 },
    )
  })

  it('on arbitrary and mutated keys, commitments and scalars', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...vectors),
        point,
        point,
        fc.nat(4),
        flip,
        async (vector, key, commitment, kind, change) => {
          const { signer, message: text, sig } = checkOf(vector)
          const rows: readonly SignatureCheck[] = [
            { signer: peerIdOf(key), message: text, sig },
            { signer, message: text, sig: Uint8Array.of(...commitment, ...sig.subarray(32)) },
            { signer: peerIdOf(flipped(bytes(vector.publicKey), change)), message: text, sig },
            { signer, message: text, sig: flipped(sig, change) },
            { signer, message: flipped(text, change), sig },
          ]
          const row = rows[kind]
          if (row !== undefined) await bothSay(row)
        },
      ),
      { numRuns: 300 },
    )
  })
})
