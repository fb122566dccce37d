import type { JobDecision } from '../../protocol/api/decision-schema.ts'

type Bid = JobDecision['bids'][number]
export type ElectionRank = 'elected' | 'standby' | 'passed-over' | 'ineligible'

const PPM_PER_PERCENT = 10_000

export function electionRank(bid: Bid, decision: JobDecision): ElectionRank {
  if (!bid.eligible) return 'ineligible'
  if (decision.elected.includes(bid.node_id)) return 'elected'
  return decision.standbys.includes(bid.node_id) ? 'standby' : 'passed-over'
}

const RANK_WORDS: Readonly<Record<ElectionRank, string>> = {
  elected: 'elected',
  standby: 'stands by',
  'passed-over': 'passed over',
  ineligible: 'not eligible',
}

export function rankWords(rank: ElectionRank): string {
  return RANK_WORDS[rank]
}

const INELIGIBLE: Readonly<Record<string, string>> = {
  price_above_maximum: 'asked too much',
  model_differs: 'another model',
  region_differs: 'another region',
  mode_missing: "can't run it that way",
  not_a_member: 'no member',
}

/** Words for a code; one that this page doesn't know yet is shown as it is. */
export function ineligibleText(code: string | null): string {
  return code === null ? RANK_WORDS.ineligible : (INELIGIBLE[code] ?? code.replaceAll('_', ' '))
}

/** Best first, as elections rank: the higher score, then the lower tie-break; who may not run comes last. */
export function sortedBids({ bids }: JobDecision): readonly Bid[] {
  return [...bids].sort(
    (a, b) =>
      Number(b.eligible) - Number(a.eligible) || b.score - a.score || (a.tie_break < b.tie_break ? -1 : 1),
  )
}

const TERM_LABELS: Readonly<Record<string, string>> = {
  trust: 'Trust',
  price: 'Low price',
  load: 'Low load',
  vram: 'VRAM',
  latency: 'Near',
  cached: 'Loaded',
  eta: 'Fast',
}

/** Every term that any bid has, the known ones first and in order of weight. */
export function termColumns({
  bids,
}: JobDecision): readonly { readonly name: string; readonly label: string }[] {
  const present = new Set(bids.flatMap(({ score_terms: terms }) => Object.keys(terms)))
  const known = Object.keys(TERM_LABELS).filter((name) => present.has(name))
  const further = [...present].filter((name) => !known.includes(name)).sort()
  return [...known, ...further].map((name) => ({ name, label: TERM_LABELS[name] ?? name }))
}

/** Parts per million of the best as a percentage. */
export function termPoints(ppm: number | undefined): string {
  return ppm === undefined ? '' : `${Math.round(ppm / PPM_PER_PERCENT)} %`
}
