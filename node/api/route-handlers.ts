import type { Static, TSchema } from 'typebox'
import type { CallOutput } from '../../protocol/api/client.ts'
import type { Endpoints } from '../../protocol/api/endpoints.ts'
import type { RouteName } from '../../protocol/api/routes.ts'

type StaticOf<S> = S extends TSchema ? Static<S> : undefined

/** A request whose parts were checked against the route's schemas. */
export interface RouteInput<N extends RouteName> {
  readonly params: StaticOf<Endpoints[N]['params']>
  readonly query: StaticOf<Endpoints[N]['query']>
  readonly headers: StaticOf<Endpoints[N]['headers']>
  readonly body: StaticOf<Endpoints[N]['body']>
  /** Sets a header of the response. */
  readonly header: (name: string, value: string) => void
}

export type Handlers = {
  readonly [N in RouteName]: (input: RouteInput<N>) => CallOutput<N> | Promise<CallOutput<N>>
}
