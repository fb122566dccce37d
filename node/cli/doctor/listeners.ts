import { createServer } from 'node:net'
import { readdir, readFile, readlink } from 'node:fs/promises'

/** A server that listens on this machine, as far as the system tells; nothing where it has no /proc. */
interface Listener {
  readonly port: number
  /** Whether it listens on all addresses of the machine. */
  readonly isOpen: boolean
  readonly inode: string
}

const LISTENING = '0A'

/** Rows of /proc/net/tcp and tcp6: address and port in hexadecimal, then the state, and the inode as the tenth. */
export function parseListeners(table: string): readonly Listener[] {
  return table.split('\n').flatMap((line) => {
    const fields = line.trim().split(/\s+/)
    const [address = '', port = ''] = (fields[1] ?? '').split(':')
    if (fields[3] !== LISTENING || port === '') return []
    return [{ port: Number.parseInt(port, 16), isOpen: /^0+$/.test(address), inode: fields[9] ?? '' }]
  })
}

export async function listenersAt(port: number): Promise<readonly Listener[]> {
  const tables = await Promise.all(
    ['/proc/net/tcp', '/proc/net/tcp6'].map((path) => readFile(path, 'utf8').catch(() => '')),
  )
  return tables.flatMap(parseListeners).filter((listener) => listener.port === port)
}

/** The process that listens, in words; processes of other accounts don't show their sockets. */
export async function whoListens(port: number): Promise<string> {
  const wanted = new Set((await listenersAt(port)).map(({ inode }) => `socket:[${inode}]`))
  for (const pid of await readdir('/proc').catch(() => [])) {
    if (!/^\d+$/.test(pid)) continue
    const files = await readdir(`/proc/${pid}/fd`).catch(() => [])
    const links = await Promise.all(files.map((file) => readlink(`/proc/${pid}/fd/${file}`).catch(() => '')))
    if (!links.some((link) => wanted.has(link))) continue
    const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => 'a program')
    return `process ${pid} (${name.trim()})`
  }
  return 'another program'
}

/** Why a server could not listen there; undefined where it could. */
export function bindFault(host: string, port: number): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>()
  const server = createServer()
  server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
  server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)))
  return promise
}
