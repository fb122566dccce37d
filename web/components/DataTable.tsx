import { For, type JSX, Show } from 'solid-js'

export interface Column<T> {
  readonly label: string
  readonly cell: (row: T) => JSX.Element
  readonly isNumber?: boolean
  /** Names the row; one column at most. */
  readonly isRowHeader?: boolean
}

interface DataTableProps<T> {
  caption: string
  columns: readonly Column<T>[]
  rows: readonly T[]
  /** A class for a row, e.g. to strike it out. */
  rowClass?: (row: T) => string
  footer?: JSX.Element
}

/**
 * A table that becomes a list of cards on a narrow screen. The roles are spelt out, since a table whose
 * `display` is changed loses them.
 */
export function DataTable<T>(props: DataTableProps<T>): JSX.Element {
  const isNumber = (column: Column<T>) => column.isNumber === true
  return (
    <table class="data" role="table">
      <caption>{props.caption}</caption>
      <thead role="rowgroup">
        <tr role="row">
          <For each={props.columns}>
            {(column) => (
              <th role="columnheader" scope="col" classList={{ number: isNumber(column) }}>
                {column.label}
              </th>
            )}
          </For>
        </tr>
      </thead>
      <tbody role="rowgroup">
        <For each={props.rows}>
          {(row) => (
            <tr role="row" class={props.rowClass?.(row) ?? ''}>
              <For each={props.columns}>
                {(column) => (
                  <Show
                    when={column.isRowHeader}
                    fallback={
                      <td role="cell" data-label={column.label} classList={{ number: isNumber(column) }}>
                        {column.cell(row)}
                      </td>
                    }
                  >
                    <th role="rowheader" scope="row">
                      {column.cell(row)}
                    </th>
                  </Show>
                )}
              </For>
            </tr>
          )}
        </For>
      </tbody>
      <Show when={props.footer}>
        <tfoot role="rowgroup">{props.footer}</tfoot>
      </Show>
    </table>
  )
}
