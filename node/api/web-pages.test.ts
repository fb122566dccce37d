import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startTestServer, TEST_HOST } from './test-server.ts'

let webRoot: string
beforeEach(async () => {
  webRoot = await mkdtemp(join(tmpdir(), 'hyperlooms-web-'))
})
afterEach(() => rm(webRoot, { recursive: true }))

async function get(url: string, accept = 'text/html,*/*') {
  const { server } = await startTestServer({ webRoot })
  const answer = await server.app.inject({ url, headers: { host: TEST_HOST, accept } })
  await server.close()
  return answer
}

describe('pages', () => {
  it('that are not built say how to build them', async () => {
    const answer = await get('/')
    expect(answer.statusCode).toBe(200)
    expect(answer.body).toContain('npm run build')
  })

  it('are served, and every address that is theirs leads to them', async () => {
    await mkdir(join(webRoot, 'assets'))
    await writeFile(join(webRoot, 'index.html'), '<!doctype html>the page')
    await writeFile(join(webRoot, 'assets', 'main.js'), 'export {}')
    await writeFile(join(webRoot, '.secret'), 'hidden')
    for (const path of ['/', '/jobs', '/jobs/abc', '/network?x=1']) {
      const answer = await get(path)
      expect(answer.statusCode, path).toBe(200)
      expect(answer.body, path).toContain('the page')
      expect(answer.headers['content-security-policy'], path).toBeDefined()
    }
    expect((await get('/assets/main.js')).headers['content-type']).toContain('javascript')
    for (const path of ['/assets/gone.js', '/api/v1/gone', '/ws/gone', '/docs/gone']) {
      expect((await get(path)).json(), path).toMatchObject({ code: 'not_found' })
    }
    expect((await get('/jobs', 'application/json')).json()).toMatchObject({ code: 'not_found' })
    expect((await get('/.secret')).body).not.toContain('hidden')
  })
})
