import { oneLine } from './terminal-text.ts'

export interface TextColumn<T> {
  readonly label: string
  readonly cell: (row: T) => string
  readonly isNumber?: boolean
}

/** Rows of one line each under labels, each column as wide as its widest cell; numbers are flush right. */
export function textTable<T>(columns: readonly TextColumn<T>[], rows: readonly T[]): string {
  const cells = [
    columns.map(({ label }) => label),
    ...rows.map((row) => columns.map(({ cell }) => oneLine(cell(row)))),
  ]
  const widths = columns.map((_, at) => Math.max(...cells.map((line) => line[at]?.length ?? 0)))
  const lines = cells.map((line) =>
    line.map((text, at) => {
      const width = widths[at] ?? 0
      return columns[at]?.isNumber === true ? text.padStart(width) : text.padEnd(width)
    }),
  )
  return lines.map((line) => line.join('  ').trimEnd()).join('\n')
}
