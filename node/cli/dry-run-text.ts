import type { DryRunAnswer } from '../../protocol/api/dry-run-schema.ts'
import { shortId } from './job-text.ts'

type Elected = DryRunAnswer['would_elect'][number]

function lineOf(role: string, { node_id: id, operator, price, ineligible }: Elected): string {
  const name = operator === null ? shortId(id) : `${operator} (${shortId(id)})`
  return `${role.padEnd(12)}${name}: ${price} credits${ineligible === null ? '' : `, ${ineligible}`}`
}

/** What a job would cost and who would be elected, for people. */
export function describeDryRun(answer: DryRunAnswer): string {
  const { price_expected: expected, price_max: most, fee, escrow, queue_position: before } = answer
  const place = before === 0 ? 'it would be opened at once' : `${before} wait already`
  return [
    `expected    ${expected === null ? 'unknown: too few nodes could be elected' : `${expected} credits`}, fee ${fee}`,
    `at most     ${most} credits (${escrow} are set aside while it runs)`,
    ...answer.would_elect.map((one) => lineOf('elected', one)),
    ...answer.standbys.map((one) => lineOf('standby', one)),
    ...answer.others.map((one) => lineOf('not elected', one)),
    `queue       ${place}; equals are told apart by lot, so the election itself may differ`,
  ].join('\n')
}
