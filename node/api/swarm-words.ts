import type { QuorumSizes } from '../../protocol/swarm/quorum-size.ts'

interface Reach {
  readonly sizes: QuorumSizes
  /** Of those that vote. */
  readonly reached: number
  readonly isWitness: boolean
}

/** What a swarm's figures mean for whoever operates it: what goes on when machines stop, and what doesn't. */
export function swarmWords({ sizes, reached, isWitness }: Reach): string[] {
  return [standing(sizes), lying(sizes), now(sizes, reached), ...advice(sizes, isWitness)]
}

function standing({ witnesses, quorum }: QuorumSizes): string {
  const spare = witnesses - quorum
  if (witnesses === 1)
    return 'One witness certifies everything. If it stops, credits and jobs stand still until it is back; if its disk is lost, the swarm is lost.'
  if (spare === 0)
    return `All ${witnesses} witnesses are needed. If any of them stops, credits and jobs stand still until it is back.`
  return `${quorum} of ${witnesses} witnesses are needed. ${machines(spare, 'may stop')} and everything goes on; with one more, credits and jobs stand still until it is back. Nothing certified is lost.`
}

function lying({ faulty }: QuorumSizes): string {
  if (faulty === 0)
    return 'None of them may lie: below four witnesses one that signs two things for one place can split the ledger.'
  return `${machines(faulty, 'may lie')} without harm to any balance.`
}

function now({ witnesses, quorum }: QuorumSizes, reached: number): string {
  const left = reached - quorum
  const seen = `From here ${reached} of ${witnesses} are reached now`
  if (left < 0) return `${seen}: ${machines(-left, 'is missing', 'are missing')}, so nothing is certified.`
  if (left === 0) return `${seen}, exactly as many as are needed: if one of them stops, nothing is certified.`
  return `${seen}: ${machines(left, 'of them may stop')} and things go on.`
}

function advice({ witnesses }: QuorumSizes, isWitness: boolean): string[] {
  if (witnesses >= 4) return []
  const who = isWitness ? 'This machine is one of them. ' : ''
  return [`${who}With four witnesses one may stop or lie.`]
}

/** Witnesses, by name, that never vote again: each counts among all, and certifies nothing. */
export function lossWords({ witnesses, quorum }: QuorumSizes, lost: readonly string[]): string[] {
  if (lost.length === 0) return []
  const left = witnesses - lost.length
  const who = `${lost.join(', ')}: ${lost.length === 1 ? 'it' : 'each'} lost records and never votes again`
  const then =
    left < quorum
      ? `Only ${left} of ${witnesses} witnesses can vote at all and ${quorum} are needed: nothing is certified.`
      : left === quorum
        ? 'All others are needed: none of them may stop.'
        : `${machines(left - quorum, 'of the others may stop')}.`
  return [`${who}. ${then} Have the operators replace it: hyperlooms swarm promote NEW --replace OLD.`]
}

function machines(count: number, one: string, many = one): string {
  return count === 1 ? `One ${one}` : `${count} ${many}`
}
