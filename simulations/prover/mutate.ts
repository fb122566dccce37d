import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import type { Mutant } from './mutant.ts'
import { MutantError } from './mutants.ts'

const ROOT = new URL('../../', import.meta.url)

/** The source of the mutant's file with the mistake in it. Throws if the place isn't found exactly once. */
export function mutatedSource({ name, file, find, replace }: Mutant): string {
  const source = readFileSync(new URL(file, ROOT), 'utf8')
  const found = source.split(find).length - 1
  if (found !== 1) throw new MutantError(`mutant ${name}: its line stands ${found} times in ${file}`)
  return source.replace(find, () => replace)
}

/**
 * Makes this thread load the mutant in the place of the protocol's own file. To be called before anything of
 * protocol/ is imported; code that was loaded earlier stays as it is, so a thread has one mutant in its life.
 */
export function installMutant(mutant: Mutant): void {
  const source = mutatedSource(mutant)
  const target = new URL(mutant.file, ROOT).href
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context)
      return url === target ? { ...loaded, source } : loaded
    },
  })
}
