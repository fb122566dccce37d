import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Digest } from '../../protocol/ids.ts'
import { openLexicon, rulesOf } from '../../protocol/verification/lexicon.ts'

/** The tables that verdicts rest on; they come with the program. */
export const LEXICON_PATH = fileURLToPath(
  new URL('../../protocol/verification/tables/lexicon-1.json', import.meta.url),
)

/** Names the comparator and the tables of this program. */
export async function ownRules(): Promise<Digest> {
  return rulesOf(openLexicon(new Uint8Array(await readFile(LEXICON_PATH))))
}

/** For whoever operates a peer whose swarm judges by other rules. */
export const RULES_MISSING =
  'The swarm judges answers by rules that this program does not bring: this peer takes no jobs, and can judge none.'
