import type { Static, TSchema } from 'typebox'
import type { AskedOutput, CallOutput } from '../../protocol/api/client.ts'
import type { Endpoints } from '../../protocol/api/endpoints.ts'
import type { RouteName, ROUTES } from '../../protocol/api/routes.ts'

type StaticOf<S> = S extends TSchema ? Static<S> : undefined

/** A request whose parts were checked against the route's schemas. */
export interface RouteInput<N extends RouteName> {
  readonly params: StaticOf<Endpoints[N]['params']>
  readonly query: StaticOf<Endpoints[N]['query']>
  readonly headers: StaticOf<Endpoints[N]['headers']>
  readonly body: StaticOf<Endpoints[N]['body']>
  /** Sets a header of the response. */
  readonly header: (name: string, value: string) => void
  /** The route was only asked: answers with 200 and what it has for that. */
  readonly onlyAsked: () => void
}

/** Where a route answers in lines, they come one after another. */
type Answer<N extends RouteName> = (typeof ROUTES)[N] extends { readonly lines: true }
  ? AsyncIterable<CallOutput<N> extends readonly (infer Line)[] ? Line : never>
  : CallOutput<N> | AskedOutput<N>

export type Handlers = {
  readonly [N in RouteName]: (input: RouteInput<N>) => Answer<N> | Promise<Answer<N>>
}
