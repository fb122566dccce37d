import { describe, expect, it } from 'vitest'
import { createNobleSigner } from '../crypto/noble-signer.ts'
import { signTogether } from '../encoding/multi-signed.ts'
import { TEXT_CHARACTERS_MAX } from '../encoding/text-form.ts'
import { LIMITS } from '../params.ts'
import { EPOCH_ORDER } from '../swarm/governance.ts'
import { PARTIAL_REVOCATION } from '../swarm/invitation-text.ts'
import { fourWitnesses } from '../swarm/testing-swarm.ts'
import { PARTIAL_ORDER } from './order-text.ts'

const { signers, roster } = fourWitnesses()
const { swarm, governance } = roster
const order = signTogether(signers.slice(0, 2), swarm, EPOCH_ORDER, { number: 7, governance })
const text = PARTIAL_ORDER.write({ swarm, order })

describe('an order on its way', () => {
  it('comes back as it was, with the bytes that were signed', () => {
    expect(text.startsWith('hle1')).toBe(true)
    expect(PARTIAL_ORDER.read(text.toUpperCase())).toEqual({ ok: true, value: { swarm, order } })
  })

  it('is not taken for a revocation, and a part of it for nothing', () => {
    expect(PARTIAL_REVOCATION.read(text)).toEqual({ ok: false, code: 'another_kind' })
    expect(PARTIAL_ORDER.read(text.slice(0, -1))).toEqual({ ok: false, code: 'mistyped' })
  })

  it('with every list at its maximum is still one', () => {
    const most = Math.max(LIMITS.operators, LIMITS.witnesses, LIMITS.minters)
    const many = Array.from({ length: most }, (_, at) => createNobleSigner(new Uint8Array(32).fill(at + 1)))
    const ids = many.map(({ id }) => id)
    const largest = signTogether(many.slice(0, LIMITS.witnesses), swarm, EPOCH_ORDER, {
      number: Number.MAX_SAFE_INTEGER,
      governance: {
        ...governance,
        witnesses: ids.slice(0, LIMITS.witnesses).sort(),
        operators: { keys: ids.slice(0, LIMITS.operators), needed: LIMITS.operators },
        minters: ids.slice(0, LIMITS.minters),
      },
    })
    const written = PARTIAL_ORDER.write({ swarm, order: largest })
    expect(written.length).toBeLessThanOrEqual(TEXT_CHARACTERS_MAX)
    expect(PARTIAL_ORDER.read(written)).toEqual({ ok: true, value: { swarm, order: largest } })
  })
})
