import type { PeerView } from '../../protocol/peer/view.ts'

export interface SwitchOptions {
  readonly view: Pick<PeerView, 'self' | 'openJobs'>
  readonly isPaused: boolean
  readonly mayWork: () => boolean
  /** Resolves once it is kept for the next start. */
  readonly keepPaused: (isPaused: boolean) => Promise<void>
  /** Whether the node may bid has changed. */
  readonly changed: () => void
  /** Calls for each change of a job until the result is called. */
  readonly subscribe: (listener: () => void) => () => void
}

/**
 * Whether this node takes new work. A pause stands until it is ended, also across restarts. A drain is a pause that
 * ends the process once nothing waits for this node any more; it is not kept: whoever starts it again wants it.
 */
export class NodeSwitch {
  readonly #options: SwitchOptions
  readonly #drained = Promise.withResolvers<'drained'>()
  #paused: boolean
  #stopWatching: (() => void) | undefined

  constructor(options: SwitchOptions) {
    this.#options = options
    this.#paused = options.isPaused
  }

  get state(): 'running' | 'paused' | 'draining' {
    if (this.#stopWatching !== undefined) return 'draining'
    return this.#paused ? 'paused' : 'running'
  }

  get bids(): boolean {
    return this.state === 'running' && this.#options.mayWork()
  }

  /** Resolves when a drain has come to its end. */
  get drained(): Promise<'drained'> {
    return this.#drained.promise
  }

  /** Jobs that wait for this node's work, or may be given to it by a bid that it has sent. */
  waitingJobs(): number {
    const { view } = this.#options
    const { self } = view
    return view.openJobs().filter(({ step, slots, bids }) => {
      if (step === null) return bids.some(({ peer }) => peer === self)
      return slots.some((slot) => slot.peer === self && slot.step === step)
    }).length
  }

  async pause(): Promise<void> {
    await this.#set(true)
  }

  async resume(): Promise<void> {
    this.#stopWatching?.()
    this.#stopWatching = undefined
    await this.#set(false)
  }

  drain(): void {
    if (this.#stopWatching !== undefined) return
    this.#stopWatching = this.#options.subscribe(() => this.#look())
    this.#options.changed()
    // The mind may still have to give its answer to what it was told just before.
    setImmediate(() => this.#look())
  }

  async #set(isPaused: boolean): Promise<void> {
    await this.#options.keepPaused(isPaused)
    this.#paused = isPaused
    this.#options.changed()
  }

  #look(): void {
    if (this.#stopWatching === undefined || this.waitingJobs() > 0) return
    this.#drained.resolve('drained')
  }
}
