import { createServer } from 'node:net'

const HOST = '127.0.0.1'
const PORT_MAX = 65_535

/** Whether this machine lets a server listen there now; another program may still be faster. 0 asks for any port. */
async function bind(port: number): Promise<number | undefined> {
  const server = createServer()
  const { promise, resolve } = Promise.withResolvers<number | undefined>()
  server.once('error', () => resolve(undefined))
  server.listen({ host: HOST, port, exclusive: true }, () => {
    const address = server.address()
    const bound = address !== null && typeof address === 'object' ? address.port : undefined
    server.close(() => resolve(bound))
  })
  return promise
}

/** The first `count` free ports from `first` on. Throws when there aren't that many. */
export async function freePortsFrom(first: number, count: number): Promise<readonly number[]> {
  const found: number[] = []
  for (let port = first; found.length < count; port += 1) {
    if (port > PORT_MAX) throw new Error(`fewer than ${count} ports from ${first} on are free`)
    if ((await bind(port)) !== undefined) found.push(port)
  }
  return found
}

/** The wished ports where they are free, and any others in place of those that aren't. All are different. */
export async function freePorts(wished: readonly (number | undefined)[]): Promise<readonly number[]> {
  const found: number[] = []
  for (const wish of wished) {
    let port = wish === undefined || found.includes(wish) ? undefined : await bind(wish)
    while (port === undefined || found.includes(port)) port = await bind(0)
    found.push(port)
  }
  return found
}
