import type { EpochResource, OrderAnswer, PendingOrderResource } from '../../../protocol/api/epoch-schema.ts'
import { shortId } from '../job-text.ts'
import { textTable } from '../table.ts'
import { oneLine } from '../terminal-text.ts'

type Named = OrderAnswer['missing'][number]

function nameOf({ peer_id: id, label }: Named): string {
  return label === null ? id : `${oneLine(label)} (${shortId(id)})`
}

export function namesOf(peers: readonly Named[]): string {
  return peers.map(nameOf).join(', ')
}

function indented(lines: readonly string[]): string {
  return lines.map((line) => `  ${oneLine(line)}`).join('\n')
}

/** What an order changes and takes away. */
export function describeOrder({
  number,
  changes,
  warnings = [],
}: Pick<OrderAnswer, 'number' | 'changes'> & Partial<Pick<OrderAnswer, 'warnings'>>): string {
  const lines = [`Epoch ${number}:`, indented(changes)]
  return [...lines, ...warnings.map((warning) => `Warning: ${oneLine(warning)}`)].join('\n')
}

/** How many more must sign, and how. */
export function describeSignatures({ number, signatures: { operators, witnesses } }: OrderAnswer): string {
  const more = operators.needed - operators.given
  return [
    `${operators.given} of ${operators.needed} operators have signed: ${more} more must, and epoch ${number} begins no earlier.`,
    `(${witnesses.needed} witnesses could in their place; ${witnesses.given} did.)`,
    'Hand the text on. Another operator runs: hyperlooms swarm cosign TEXT',
  ].join('\n')
}

/** Whom orders add beside this peer, each once. */
export function othersOf(orders: readonly { readonly missing: readonly Named[] }[], self: string): Named[] {
  const others = orders.flatMap(({ missing }) => missing).filter(({ peer_id: id }) => id !== self)
  return [...new Map(others.map((one) => [one.peer_id, one])).values()]
}

/** What those must do whom an order adds. */
export function describeMissing(missing: readonly Named[]): string {
  return `It waits for ${namesOf(missing)}. On each of them run: hyperlooms swarm accept`
}

export function describeBegun(epoch: EpochResource): string {
  const { number, witnesses, quorum, spare, faulty } = epoch
  const who = `${witnesses.length === 1 ? 'one witness' : `${witnesses.length} witnesses`}: ${namesOf(witnesses)}`
  return `Epoch ${number} has begun, with ${who}.\n${quorum} of them certify; ${spare} may stop, ${faulty} may lie.`
}

function describePending(order: PendingOrderResource, isWitness: boolean): string {
  const { signatures, signers, missing, stopped, number, text } = order
  const { operators, witnesses } = signatures
  const by = `Signed by ${namesOf(signers)}: ${operators.given} of ${operators.needed} operators, ${witnesses.given} of ${witnesses.needed} witnesses.`
  const state = stopped
    ? 'It is being decided: this witness certifies nothing else until then.'
    : missing.length > 0
      ? describeMissing(missing)
      : 'All that it adds have agreed.'
  const hint = isWitness
    ? ''
    : ' (This peer is no witness: what the others know it hears when it is decided.)'
  return [
    describeOrder({ number, changes: order.changes }),
    by,
    `${state}${hint}`,
    `Its text: ${text ?? ''}`,
  ].join('\n')
}

/** An epoch with what is ordered for the next one. */
export function describeEpoch(epoch: EpochResource): string {
  const { governance, number, count, quorum, spare, faulty, self, sentences } = epoch
  const { operators } = governance
  const rows = [
    ['epoch', `${number}; ${quorum} of ${count} witnesses certify; ${spare} may stop, ${faulty} may lie`],
    ['operators', `${operators.needed} of ${operators.keys.length} sign; held here: ${self.held.length}`],
    ...operators.keys.map((key) => ['', key]),
    ['minters', governance.minters.length === 0 ? 'nobody' : governance.minters.join('\n'.padEnd(12))],
    ['treasury', governance.treasury],
    ['fee', `${governance.fee} credits; usual highest price ${governance.max_price}`],
    [
      'confidence',
      `at least ${governance.min_confidence}; trust without a history ${governance.prior_trust}`,
    ],
  ]
  const columns = [
    { label: 'witness', cell: (row: Named) => row.peer_id },
    { label: 'label', cell: (row: Named) => row.label ?? '' },
  ]
  const orders = epoch.orders.flatMap((order) => ['', describePending(order, self.witness)])
  return [
    ...rows.map(([label = '', text = '']) => label.padEnd(11) + text),
    '',
    textTable(columns, epoch.witnesses),
    ...(sentences.length === 0 ? [] : ['', ...sentences.map(oneLine)]),
    ...orders,
  ].join('\n')
}
