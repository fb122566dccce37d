import { PAGE_DEFAULT } from '../../protocol/api/fields.ts'
import { ApiProblem } from './problem.ts'

interface PageQuery {
  readonly limit?: number
  readonly cursor?: string
}

/** One page of a list held in memory; the cursor is the key of the last item shown. */
export function pageOfList<T>(items: readonly T[], keyOf: (item: T) => string, query: PageQuery) {
  const { limit = PAGE_DEFAULT, cursor } = query
  const after = cursor === undefined ? -1 : items.findIndex((item) => keyOf(item) === cursor)
  if (cursor !== undefined && after === -1) throw new ApiProblem('cursor_invalid')
  const page = items.slice(after + 1, after + 1 + limit)
  const last = page.at(-1)
  const isEnd = last === undefined || after + 1 + limit >= items.length
  return { items: page, next_cursor: isEnd ? null : keyOf(last) }
}
