import type { Backend } from '../api/backend.ts'
import { createApiServer, type ApiServer } from '../api/server.ts'
import { noteKeyShown } from '../config/api-key-file.ts'
import { openControlSocket } from '../config/control-socket.ts'
import type { Opened } from './opened.ts'

/** The API on its address and on the control socket; both are closed before the network is. */
export async function serveApi(
  { options, apiKey }: Opened,
  { backend }: { readonly backend: Backend },
  starting: AsyncDisposableStack,
): Promise<ApiServer> {
  const { apiHost, apiPort, allowedHosts, insecure } = options.config
  const api = await createApiServer({
    backend,
    host: apiHost,
    port: apiPort,
    allowedHosts,
    insecure,
    apiKeyDigests: [apiKey.digest],
    version: options.version,
    logger: options.logger,
    ...(options.webRoot === undefined ? {} : { webRoot: options.webRoot }),
  })
  await api.listen()
  starting.defer(() => api.close())
  starting.defer(await openControlSocket(options.folder, (path) => api.listenControl(path)))
  await noteKeyShown(options.folder)
  return api
}
