/**
 * Operators' labels. Labels that one peer carries together name one operator, and so do all that are linked by
 * such peers: the smallest of a group stands for all of it, so the order of linking makes no difference. What is linked
 * stays so whoever leaves: else an operator had two votes again by having its own peer revoked.
 */
export interface Labels {
  link(one: string, other: string): void
  /** The label that stands for this one. */
  operatorOf(label: string): string
  /** All labels that stand for one operator with this one, itself among them, in ascending order. */
  groupOf(label: string): readonly string[]
}

export function createLabels(): Labels {
  const parents = new Map<string, string>()
  const operatorOf = (label: string): string => {
    let root = label
    for (let next = parents.get(root); next !== undefined; next = parents.get(root)) root = next
    if (root !== label) parents.set(label, root)
    return root
  }
  return {
    link(one, other) {
      const [smaller = one, larger = other] = [operatorOf(one), operatorOf(other)].sort()
      if (smaller !== larger) parents.set(larger, smaller)
    },
    operatorOf,
    groupOf(label) {
      const root = operatorOf(label)
      return [root, ...[...parents.keys()].filter((one) => operatorOf(one) === root)].sort()
    },
  }
}
