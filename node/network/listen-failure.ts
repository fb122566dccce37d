import { NetworkError } from './network.ts'

/** libp2p gives no errors of their own, only a text with a line for each address that failed. */
const FAILED = /^ {2}(\/\S+): (.+)$/gm

/** What kept a node from listening, as one sentence under `listen_failed`; any other error as it is. */
export function asListenFailure(error: unknown): unknown {
  if (!(error instanceof Error) || error.name !== 'UnsupportedListenAddressesError') return error
  const failed = Array.from(error.message.matchAll(FAILED), ([, address = '', why = '']) => ({
    address,
    why,
  }))
  const addresses = failed.map(({ address }) => address).join(', ')
  const isTaken = failed.some(({ why }) => why.includes('EADDRINUSE'))
  const reasons = isTaken
    ? 'another program listens there. Stop it, or choose another port with --listen'
    : `${failed.map(({ why }) => why).join('; ')}. Name an address of this machine with --listen`
  return new NetworkError('listen_failed', `The swarm can't be listened for on ${addresses}: ${reasons}.`, {
    cause: error,
  })
}
