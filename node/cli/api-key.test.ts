import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { loadOrCreateApiKey, noteApiUrl } from '../config/api-key-file.ts'
import { dataFolder } from '../config/data-folder.ts'
import { acquireLock } from '../store/lock.ts'
import { connectWithKey } from './api-key.ts'
import { EXIT } from './exit-codes.ts'

/** Whoever listens where the peer of a data folder noted to answer, and the keys that it is shown. */
async function build() {
  const data = await mkdtemp(join(tmpdir(), 'hyperlooms-access-'))
  onTestFinished(() => rm(data, { recursive: true }))
  const shown: unknown[] = []
  const server = createServer(({ headers }, response) => {
    shown.push(headers['x-api-key'], headers.host)
    response.end('{}')
  })
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  const { made } = await loadOrCreateApiKey(dataFolder(data), false)
  await noteApiUrl(dataFolder(data), `http://127.0.0.1:${port}`)
  return { data, shown, port, key: made }
}

it('a key of a data folder is shown while its peer runs, where that peer noted to answer', async () => {
  const { data, shown, port, key } = await build()
  const lock = await acquireLock(data)
  const client = await connectWithKey({ api: `http://localhost:${port}`, data })
  await client.getSelf()
  expect(shown).toEqual([key, `127.0.0.1:${port}`])
  await lock.release()
})

it('a key of a data folder is not shown to whoever has the port of a peer that stopped', async () => {
  const { data, shown, port } = await build()
  const flags = { api: `http://127.0.0.1:${port}`, data }
  await expect(connectWithKey(flags)).rejects.toMatchObject({ exitCode: EXIT.usage })
  const lock = await acquireLock(data)
  await lock.release()
  await expect(connectWithKey(flags)).rejects.toMatchObject({ exitCode: EXIT.usage })
  expect(shown).toEqual([])
})
