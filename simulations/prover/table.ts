/** Rows as text in columns; numbers to the right. */
export function table(rows: readonly (readonly (string | number)[])[]): string {
  const widths = rows.reduce<number[]>(
    (widest, row) => row.map((cell, at) => Math.max(widest[at] ?? 0, String(cell).length)),
    [],
  )
  const padded = (cell: string | number, at: number) =>
    typeof cell === 'number' ? String(cell).padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0)
  return rows.map((row) => `${row.map(padded).join('  ').trimEnd()}\n`).join('')
}
