import { existsSync } from 'node:fs'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { ROUTES } from '../../protocol/api/routes.ts'
import { ApiProblem } from './problem.ts'

const NOT_BUILT = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Hyperlooms</title>
<h1>This peer runs, but its pages are not built</h1>
<p>Run <code>npm run build</code> in the project's folder and start the peer again.</p>
<p>The API works without them: <a href="/docs">reference</a>.</p>
</html>
`

/** First parts of paths that are never a page, so a mistyped one gets an error and not the page. */
const NOT_PAGES: readonly string[] = [
  'api',
  'v1',
  'ws',
  'docs',
  'assets',
  'openapi.json',
  'healthz',
  'readyz',
]

/** A path's pattern in the routes table. */
function isAt(pattern: string, path: string): boolean {
  const parts = path.split('/')
  const wanted = pattern.split('/')
  return (
    parts.length === wanted.length && wanted.every((part, at) => part.startsWith('{') || part === parts[at])
  )
}

function methodsAt(path: string): readonly string[] {
  return Object.values(ROUTES)
    .filter((route) => isAt(route.path, path))
    .map(({ method }) => method)
}

function isPage(request: FastifyRequest, path: string): boolean {
  if (request.method !== 'GET' && request.method !== 'HEAD') return false
  if (NOT_PAGES.includes(path.split('/')[1] ?? '')) return false
  return request.headers.accept?.includes('text/html') ?? false
}

/**
 * Serves the built pages and answers for every address without a route: a page's own addresses get the page,
 * since it routes by itself, and all others a problem.
 */
export async function servePages(app: FastifyInstance, webRoot: string | undefined): Promise<void> {
  const isBuilt = webRoot !== undefined && existsSync(join(webRoot, 'index.html'))
  if (isBuilt) await app.register(fastifyStatic, { root: webRoot, dotfiles: 'ignore' })
  const sendPage = (reply: FastifyReply) =>
    isBuilt ? reply.sendFile('index.html') : reply.type('text/html; charset=utf-8').send(NOT_BUILT)

  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?')[0] ?? ''
    const methods = methodsAt(path)
    if (methods.length > 0) {
      reply.header('allow', methods.join(', '))
      throw new ApiProblem('method_not_allowed', `this route offers ${methods.join(', ')}`)
    }
    if (!isPage(request, path)) throw new ApiProblem('not_found')
    return sendPage(reply)
  })
}
