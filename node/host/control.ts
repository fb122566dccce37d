import type { PeerView } from '../../protocol/peer/view.ts'
import type { Backup, ControlPort, SettingView, StoreCondition } from '../api/control-port.ts'
import type { DataFolder } from '../config/data-folder.ts'
import type { Config } from '../config/options.ts'
import { readPaused, writePaused } from '../config/pause-file.ts'
import type { StoreState } from '../store/store-recovery.ts'
import { openConsent } from './consent.ts'
import { LogRing } from './log-ring.ts'
import { NodeSwitch } from './node-switch.ts'

export interface ControlOptions {
  readonly folder: DataFolder
  readonly config: Config
  readonly version: string
  readonly view: PeerView
  readonly subscribe: (listener: () => void) => () => void
  readonly storeState: StoreState
  readonly amnesia: boolean
  /** What a program that runs a peer knows of it beyond its configuration. */
  readonly about: {
    readonly settings?: readonly SettingView[]
    readonly logs?: LogRing
    readonly backup?: Backup
    readonly wallets?: ControlPort['wallets']
  }
}

/** Why the process was asked to end. */
export type ExitReason = 'drained' | 'shutdown'

export interface Control {
  readonly port: ControlPort
  readonly exit: Promise<ExitReason>
  /** Whether the node may take new work. */
  mayBid(): boolean
  /** Set by whoever tells the mind. */
  onChange: () => void
}

/** What the owner's commands act on. Throws `ConfigError` where what an earlier start kept is damaged. */
export async function openControl(options: ControlOptions): Promise<Control> {
  const { folder, config, version, about } = options
  const asked = Promise.withResolvers<ExitReason>()
  const consent = await openConsent({ folder, programVersion: version, now: () => Date.now() })
  const changed = (): void => control.onChange()
  const node = new NodeSwitch({
    view: options.view,
    isPaused: await readPaused(folder),
    mayWork: () => consent.mayWork(),
    keepPaused: (isPaused) => writePaused(folder, isPaused),
    changed,
    subscribe: options.subscribe,
  })
  consent.onChange = changed
  void node.drained.then(asked.resolve)
  const port: ControlPort = {
    process: {
      startedMs: Date.now(),
      dataFolder: folder.root,
      slots: config.slots,
      listen: config.listen,
      ollamaUrl: config.ollamaUrl,
      store: conditionOf(options.storeState, options.amnesia),
    },
    node,
    consent,
    settings: about.settings ?? [],
    logs: about.logs ?? new LogRing(),
    shutdown: () => asked.resolve('shutdown'),
    ...(about.backup === undefined ? {} : { backup: about.backup }),
    ...(about.wallets === undefined ? {} : { wallets: about.wallets }),
  }
  const control: Control = {
    port,
    exit: asked.promise,
    mayBid: () => node.bids,
    onChange: () => undefined,
  }
  return control
}

function conditionOf(state: StoreState, forgetful: boolean): StoreCondition {
  if (state.status === 'sound') return { status: 'sound', damage: null, movedTo: null, forgetful }
  return { status: 'replaced', damage: state.damage, movedTo: state.movedTo, forgetful }
}
