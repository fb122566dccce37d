import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, chromium } from 'playwright-core'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { connect } from '../../node/cli/api.ts'
import { type OllamaTestServer, startOllamaTestServer } from '../../node/compute/ollama-test-server.ts'
import { runCommand } from '../../node/e2e/command-line.ts'
import type { DrivenProcess } from '../../node/e2e/driven-process.ts'
import { requireComponent } from '../../node/e2e/require-component.ts'
import { CHROMIUM_ARGS, inspect } from './looking.ts'
import { startPageSwarm } from './page-swarm.ts'

const MARKUP = '<script>steal()</script><img src="x:" onerror="steal()"><a href="javascript:steal()">paid</a>'
const COMMANDS = '\u001b[2J\u001b]0;owned\u0007 a\u202eb'
const PROMPT = '<img src="x:" onerror="steal()"> What do you say?'

let root: string
let model: OllamaTestServer
let peers: readonly DrivenProcess[] = []
let browser: Browser | undefined

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'hyperlooms-hostile-'))
  model = await startOllamaTestServer({
    scripts: {
      async hostile(reply) {
        await reply.line({ response: `${MARKUP} ${COMMANDS}`, done: false })
        await reply.line({ response: '', done: true, done_reason: 'stop', eval_count: 2 })
        reply.end()
      },
    },
  })
})
afterEach(async () => {
  await browser?.close()
  await Promise.all(peers.map((peer) => peer.stop('SIGKILL')))
  await model.close()
  await rm(root, { recursive: true, force: true })
})

it('an answer and a prompt are text on the page and on a terminal, whatever they say', async (context) => {
  const executablePath = requireComponent(context, 'chromium')
  const [payer] = await startPageSwarm(root, model.url, (started) => {
    peers = started
  })
  const { url } = await payer.ready
  const { id } = await connect(url).submitJob({ body: { prompt: PROMPT, replicas: 3 } })
  browser = await chromium.launch({ executablePath, args: CHROMIUM_ARGS })
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('request', (request) => {
    if (!request.url().startsWith(url) && !request.url().startsWith('ws')) complaints.push(request.url())
  })
  await page.addInitScript(() =>
    Object.assign(window, { steal: () => Object.assign(window, { isStolen: true }) }),
  )
  await page.goto(new URL(`/jobs/${id}`, url).href)
  await page.waitForSelector('.flow [data-status=completed][data-state=current]', { timeout: 60_000 })
  expect(await page.innerText('.verdict .text')).toContain(MARKUP)
  expect(await page.innerText('body')).toContain(PROMPT)
  expect(await page.locator('img, a[href^="javascript:"], .text script').count()).toBe(0)
  expect(await page.evaluate(() => 'isStolen' in window)).toBe(false)
  expect(await page.title()).not.toContain('owned')
  await inspect(page, 'job-hostile')
  expect(complaints).toEqual([])

  const { stdout } = await runCommand(['job', id, '--api', url])
  expect(stdout).toContain(MARKUP)
  expect(stdout).toContain('\\u001b[2J\\u001b]0;owned\\u0007 a\\u202eb')
})
