import { peerIdOf, type PeerId, publicKeyOf } from '../ids.ts'
import { bytes, type Codec, type Infer } from './codec.ts'
import { DecodeError } from './decode-error.ts'

/** For texts that people copy or scan, where the names of fields would be half of it. */

type Fields<F> = { readonly [K in keyof F]: Codec<never> | Codec<unknown> }
type Packed<F> = { readonly [K in keyof F]: Infer<F[K]> }

/** A struct whose fields are a list in their order. */
export function packed<F extends Fields<F>>(fields: F): Codec<Packed<F>> {
  const entries = Object.entries(fields as Readonly<Record<string, Codec<never>>>)
  return {
    toWire(value) {
      const source = value as Readonly<Record<string, never>>
      return entries.map(([name, codec]) => codec.toWire(source[name] as never))
    },
    fromWire(raw, path, sink) {
      if (!Array.isArray(raw)) throw new DecodeError('wrong_type', path)
      if (raw.length !== entries.length) throw new DecodeError('out_of_range', path)
      const values = entries.map(([name, codec], at) => [
        name,
        codec.fromWire(raw[at], `${path}.${name}`, sink) as unknown,
      ])
      return Object.fromEntries(values) as Packed<F>
    },
  }
}

const key = bytes({ min: 32, max: 32 })

/** A peer id as the 32 bytes of its key. */
export const packedPeer: Codec<PeerId> = {
  toWire(id) {
    const publicKey = publicKeyOf(id)
    if (publicKey === undefined) throw new DecodeError('out_of_range', 'peer')
    return publicKey
  },
  fromWire: (raw, path, sink) => peerIdOf(key.fromWire(raw, path, sink)),
}
