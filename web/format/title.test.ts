import { describe, expect, it } from 'vitest'
import { titleOf } from './title.ts'

describe('titleOf', () => {
  it('keeps a short prompt and the first line of a longer one', () => {
    expect([titleOf(' Why? '), titleOf('Summarise:\n\nBees are …')]).toEqual(['Why?', 'Summarise:'])
  })

  it('cuts between words', () => {
    expect(titleOf('word '.repeat(100))).toMatch(/word…$/)
    expect(titleOf('word. '.repeat(100))).toMatch(/word…$/)
  })

  it('cuts between characters where there are no words', () => {
    const title = titleOf('😀'.repeat(400))
    expect(title.isWellFormed()).toBe(true)
    expect([...title]).toHaveLength(161)
  })
})
