import { readConsent } from '../config/consent-file.ts'
import { acquireLock } from '../store/lock.ts'
import { planLocalSwarm, type PlannedPeer } from './local-plan.ts'
import { PeerProcess, type ReadyPeer } from './peer-process.ts'

export interface LocalSwarmOptions {
  readonly root: string
  readonly entry: string
  readonly liars: number
  readonly webRoot: string | undefined
  /** Ends a start that isn't wanted any more. */
  readonly signal: AbortSignal
  /** Something that a person should know, in one sentence. */
  readonly notice: (text: string) => void
}

/** Nobody else can send these peers work or read what they do, so starting them says yes to all there is to ask. */
const CONSENT =
  'These four peers work for each other on this machine and listen on loopback only: starting them counts as consent.'

export interface RunningPeer extends PlannedPeer, ReadyPeer {}

export interface LocalSwarm {
  /** The first one pays for jobs. */
  readonly peers: readonly [RunningPeer, ...RunningPeer[]]
  /** Resolves when a peer can't be kept running. */
  readonly failed: Promise<Error>
  stop(): Promise<void>
}

/**
 * Starts all peers at once and resolves when each of them answers. One launcher at a time has the folder; if it
 * is killed, its peers notice and stop. Throws `lock_held`, or the reason why a peer can't be started.
 */
export async function startLocalSwarm(options: LocalSwarmOptions): Promise<LocalSwarm> {
  const starting = new AsyncDisposableStack()
  try {
    return await startInto(options, starting)
  } finally {
    // Empty once the running swarm has taken it over.
    await starting.disposeAsync()
  }
}

async function startInto(options: LocalSwarmOptions, starting: AsyncDisposableStack): Promise<LocalSwarm> {
  const lock = await acquireLock(options.root)
  starting.defer(() => lock.release())
  const plan = await planLocalSwarm(options.root, options.liars)
  const isNew = plan[0] !== undefined && (await readConsent(plan[0].folder)) === undefined
  if (isNew) options.notice(CONSENT)
  const processes = plan.map((peer) => startPeer(peer, options))
  starting.defer(() => Promise.all(processes.map((each) => each.stop())).then(() => undefined))
  const failed = Promise.race(processes.map((each) => each.failed))
  const ready = await Promise.race([
    Promise.all(processes.map((each) => each.ready)),
    failed.then((error) => Promise.reject(error)),
    aborted(options.signal),
  ])
  const [first, ...others] = plan.map(
    (peer, at): RunningPeer => ({
      ...peer,
      ...(ready[at] ?? { url: '', newApiKey: undefined }),
    }),
  )
  if (first === undefined) throw new Error('a local swarm has no peers')
  const running = starting.move()
  let stopping: Promise<void> | undefined
  return { peers: [first, ...others], failed, stop: () => (stopping ??= running.disposeAsync()) }
}

function aborted(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>()
  const abort = (): void => reject(new DOMException('The start was interrupted.', 'AbortError'))
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort, { once: true })
  return promise
}

function startPeer(peer: PlannedPeer, { entry, webRoot, notice }: LocalSwarmOptions): PeerProcess {
  return new PeerProcess({
    peer,
    entry,
    webRoot,
    restarting: (why) => notice(`Peer ${peer.operator} stopped (${why}) and is started again.`),
    restarted: (url) => notice(`Peer ${peer.operator} is back at ${url}.`),
    ended: () => notice(`Peer ${peer.operator} was asked to end and stays away.`),
  })
}
