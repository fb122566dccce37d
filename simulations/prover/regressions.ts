import { readFileSync } from 'node:fs'

/** A seed that failed once. It stays in the list for ever, although later changes may give it another story. */
interface Regression {
  readonly seed: number
  readonly was: string
}

const LIST = new URL('../regressions.json', import.meta.url)

export function regressionSeeds(): readonly number[] {
  const list = JSON.parse(readFileSync(LIST, 'utf8')) as readonly Regression[]
  return list.map(({ seed }) => seed)
}
