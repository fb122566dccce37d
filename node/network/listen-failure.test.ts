import { once } from 'node:events'
import { createServer } from 'node:net'
import { afterEach, expect, it, onTestFinished } from 'vitest'
import { EXIT } from '../cli/exit-codes.ts'
import { explainError } from '../cli/output.ts'
import { asListenFailure } from './listen-failure.ts'
import { LoopbackSwarm } from './loopback-swarm.ts'

const swarm = new LoopbackSwarm()
afterEach(() => swarm.stopAll())

it.each(['', '/ws'])('a port that another program has is named in one sentence (tcp%s)', async (more) => {
  const other = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void other.close())
  await once(other, 'listening')
  const place = other.address()
  if (place === null || typeof place === 'string') throw new Error('it listens on a port')
  const address = `/ip4/127.0.0.1/tcp/${place.port}${more}`
  const error: unknown = await swarm.start('a', { listen: [address] }).catch((fault: unknown) => fault)
  expect(explainError(error)).toEqual({
    exitCode: EXIT.cannotStart,
    message: `The swarm can't be listened for on ${address}: another program listens there. Stop it, or choose another port with --listen.`,
  })
})

it('an address that is none of this machine’s is named in one sentence', async () => {
  const address = '/ip4/192.0.2.7/tcp/0'
  const error: unknown = await swarm.start('a', { listen: [address] }).catch((fault: unknown) => fault)
  const { exitCode, message } = explainError(error)
  expect(exitCode).toBe(EXIT.cannotStart)
  expect(message).toMatch(/192\.0\.2\.7.*EADDRNOTAVAIL.*--listen\.$/)
})

it('any other error stays what it is', () => {
  const error = new Error('/ip4/127.0.0.1/tcp/1: EADDRINUSE')
  expect(asListenFailure(error)).toBe(error)
})
