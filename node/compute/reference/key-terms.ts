import { termsOf } from './words.ts'

/** More would be an index, not key terms. */
const KEY_TERMS_MAX = 20

/** The most frequent topic words, numbers aside, in the form they first stand in, the earlier first where equally frequent. */
export function keyTerms(text: string, wanted: number): string[] {
  const counts = new Map<string, { readonly form: string; count: number }>()
  for (const { stem, form } of termsOf(text)) {
    if (/^\d/.test(form)) continue
    const known = counts.get(stem)
    if (known === undefined) counts.set(stem, { form, count: 1 })
    else known.count += 1
  }
  // The sort is stable and a map keeps the order of insertion.
  const ranked = [...counts.values()].sort((one, other) => other.count - one.count)
  return ranked.slice(0, Math.min(wanted, KEY_TERMS_MAX)).map((term) => term.form)
}
