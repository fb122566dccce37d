import { quorumSizes } from '../../protocol/swarm/quorum-size.ts'

/**
 * What it means that a quorum of witnesses may order a change as well as the operators may: where it takes fewer
 * witnesses than operators, the operators' number protects nothing. No sentence where it does.
 */
export function quorumWords(needed: number, witnesses: number): string[] {
  const { quorum } = quorumSizes(witnesses)
  if (quorum >= needed) return []
  const who =
    witnesses === 1
      ? 'the only witness can order any change alone'
      : `${quorum} of the ${witnesses} witnesses can order any change together`
  return [
    `${needed} operators must sign, but ${who}, other operators and minters too: that many signatures protect nothing until there are ${leastWitnesses(needed)} witnesses.`,
  ]
}

/** Of so many witnesses a quorum has as many members as operators must sign. */
function leastWitnesses(needed: number): number {
  let witnesses = 1
  while (quorumSizes(witnesses).quorum < needed) witnesses += 1
  return witnesses
}
