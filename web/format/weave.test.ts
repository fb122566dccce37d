import { describe, expect, it } from 'vitest'
import { weaveOf } from './weave.ts'

describe('weaveOf', () => {
  it('lays the first bits into a quarter and mirrors it', () => {
    const [t, f] = [true, false]
    expect(weaveOf('9', 2)).toEqual([
      [t, f, f, t],
      [f, t, t, f],
      [f, t, t, f],
      [t, f, f, t],
    ])
  })

  it('shows every bit of a digest at side 16', () => {
    const root = 'a'.repeat(64)
    for (const at of [0, 31, 63]) {
      const other = `${root.slice(0, at)}b${root.slice(at + 1)}`
      expect(weaveOf(other, 16)).not.toEqual(weaveOf(root, 16))
    }
  })
})
