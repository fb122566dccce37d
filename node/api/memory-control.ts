import { digestNamed, second } from './sample-swarm.ts'
import type { ControlPort } from './control-port.ts'

/** A process that does what it is told and writes down what that was. */
export interface MemoryControl extends ControlPort {
  readonly done: string[]
  state: ControlPort['node']['state']
  consentStatus: 'none' | 'accepted' | 'revoked'
  readonly lines: { readonly number: number; readonly text: string | undefined }[]
}

const TERMS = 1

export function createMemoryControl(): MemoryControl {
  const does = (what: string, effect: () => void = () => undefined) => {
    control.done.push(what)
    effect()
    return Promise.resolve()
  }
  const set = (state: MemoryControl['state']) => () => {
    control.state = state
  }
  const control: MemoryControl = {
    done: [],
    state: 'running',
    consentStatus: 'accepted',
    lines: [
      { number: 1, text: '{"level":30,"time":1700000000000,"pid":1,"msg":"the peer runs","url":"http://x"}' },
      { number: 2, text: undefined },
    ],
    process: {
      startedMs: 0,
      dataFolder: '/data',
      slots: 2,
      listen: ['/ip4/127.0.0.1/tcp/0'],
      ollamaUrl: 'http://127.0.0.1:11434',
      store: { status: 'sound', damage: null, movedTo: null, forgetful: false },
    },
    node: {
      get state() {
        return control.state
      },
      get bids() {
        return control.state === 'running'
      },
      waitingJobs: () => 1,
      pause: () => does('pause', set('paused')),
      resume: () => does('resume', set('running')),
      drain: () => void does('drain', set('draining')),
    },
    consent: {
      view: () => ({
        status: control.consentStatus,
        termsVersion: TERMS,
        currentVersion: TERMS,
        acceptedMs: 0,
        acceptedBy: 'flag',
        revokedMs: control.consentStatus === 'revoked' ? 1 : null,
      }),
      async accept(version) {
        if (version === TERMS) await does('accept', () => void (control.consentStatus = 'accepted'))
        return version === TERMS
      },
      revoke: () => does('revoke', () => void (control.consentStatus = 'revoked')),
    },
    settings: [
      { name: 'api_port', value: '8000', origin: 'flag', source: '--api-port' },
      { name: 'slots', value: '2', origin: 'default', source: null },
    ],
    logs: {
      read: ({ limit, after = 0 }) => ({
        lines: control.lines.filter(({ number }) => number > after).slice(-limit),
        last: control.lines.length,
        missed: 0,
      }),
      waitFor: () => does('wait'),
      close: () => undefined,
    },
    shutdown: () => void does('shutdown'),
    async backup(path) {
      await does(`backup ${path}`)
      return {
        peer: second,
        swarm: digestNamed(9),
        position: 3,
        createdMs: 0,
        keys: 'plain',
        records: 0,
        bodies: 0,
        bytes: 0,
      }
    },
    wallets: {
      list: () => Promise.resolve([]),
      create: (label) =>
        Promise.resolve(
          label === 'refused'
            ? { ok: false, code: 'keys_sealed', detail: 'No passphrase was given.' }
            : { ok: true, id: second, label },
        ),
    },
  }
  return control
}
