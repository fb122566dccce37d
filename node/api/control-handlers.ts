import type { CallOutput } from '../../protocol/api/client.ts'
import type { CONTROL_ENDPOINTS } from '../../protocol/api/control-endpoints.ts'
import type { Backend } from './backend.ts'
import { createBackups } from './backups.ts'
import {
  consentResource,
  diagnosisResource,
  logsResource,
  nodeStateResource,
  type Served,
  walletResource,
} from './control-resource.ts'
import { pageOfList } from './paging.ts'
import { ApiProblem } from './problem.ts'
import type { Handlers, RouteInput } from './route-handlers.ts'

const LOG_LINES_DEFAULT = 100
/** The account that pays for jobs and is paid for work. */
const OWN_LABEL = 'peer'

type ControlRoute = keyof typeof CONTROL_ENDPOINTS

async function getLogs(
  { control }: Backend,
  { limit = LOG_LINES_DEFAULT, after, wait_ms: waitMs = 0 }: NonNullable<RouteInput<'getLogs'>['query']>,
): Promise<CallOutput<'getLogs'>> {
  if (after !== undefined && waitMs > 0) await control.logs.waitFor(after, waitMs)
  return logsResource(control.logs.read({ limit, after }))
}

async function listWallets(
  backend: Backend,
  query: RouteInput<'listWallets'>['query'],
): Promise<CallOutput<'listWallets'>> {
  const further = (await backend.control.wallets?.list()) ?? []
  const all = [{ id: backend.view.self, label: OWN_LABEL }, ...further]
  const items = all.map(({ id, label }) => walletResource(backend, id, label))
  return pageOfList(items, ({ account_id: id }) => id, query)
}

async function createWallet(backend: Backend, label: string): Promise<CallOutput<'createWallet'>> {
  const { wallets } = backend.control
  if (wallets === undefined) throw new ApiProblem('not_available', 'this peer can not hold further keys')
  const made = await wallets.create(label)
  if (!made.ok) throw new ApiProblem(made.code, made.detail)
  return walletResource(backend, made.id, made.label)
}

/** What the control socket alone may do: each does one thing of the process and answers with how it stands then. */
export function controlHandlers(backend: Backend, served: Served): Pick<Handlers, ControlRoute> {
  const { control } = backend
  const backups = createBackups(control.backup, backend.now)
  const state = () => nodeStateResource(backend, served)
  return {
    getNode: state,
    pauseNode: () => control.node.pause().then(state),
    resumeNode: () => control.node.resume().then(state),
    drainNode() {
      control.node.drain()
      return state()
    },
    shutdownNode() {
      control.shutdown()
      return state()
    },
    getConsent: () => consentResource(control.consent.view()),
    async acceptConsent({ body }) {
      if (!(await control.consent.accept(body.terms_version))) throw new ApiProblem('terms_outdated')
      return consentResource(control.consent.view())
    },
    async revokeConsent() {
      await control.consent.revoke()
      return consentResource(control.consent.view())
    },
    listSettings: ({ query }) => pageOfList(control.settings, ({ name }) => name, query),
    getLogs: ({ query }) => getLogs(backend, query),
    startBackup: ({ body: { path, passphrase, plain_keys: plainKeys = false, bodies = true } }) =>
      backups.start(path, { passphrase, plainKeys, bodies }),
    getBackup: () => backups.read(),
    cancelBackup: () => backups.cancel(),
    listWallets: ({ query }) => listWallets(backend, query),
    createWallet: ({ body }) => createWallet(backend, body.label),
    getDiagnosis: () => diagnosisResource(backend),
  }
}
