import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, chromium } from 'playwright-core'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { connect } from '../../node/cli/api.ts'
import type { DrivenProcess } from '../../node/e2e/driven-process.ts'
import type { OllamaTestServer } from '../../node/compute/ollama-test-server.ts'
import { requireComponent } from '../../node/e2e/require-component.ts'
import { startSlowModel, startWordModel } from '../../node/e2e/slow-model.ts'
import { CHROMIUM_ARGS, inspect } from './looking.ts'
import { startPageSwarm } from './page-swarm.ts'

/** Nobody answers before the test says so, however long a browser takes to start. */
const RUN_MS = 600_000
/** An answer that never ends, however long it takes to look at the page while it comes. */
const WORDS = Array.from({ length: 80 }, (_, at) => `word${at} `)
const WORD_MS = 250

let root: string
let model: OllamaTestServer | undefined
let peers: readonly DrivenProcess[] = []
let browser: Browser | undefined

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'hyperlooms-survives-'))
})

afterEach(async () => {
  await browser?.close()
  await Promise.all(peers.map((peer) => peer.stop('SIGKILL')))
  await model?.close()
  await rm(root, { recursive: true, force: true })
})

async function startPeers(
  starting: Promise<OllamaTestServer>,
): Promise<readonly [DrivenProcess, DrivenProcess]> {
  model = await starting
  return startPageSwarm(root, model.url, (started) => {
    peers = started
  })
}

it('a job whose steward is killed while it runs ends on the page of another peer, with the reason', async (context) => {
  const executablePath = requireComponent(context, 'chromium')
  const slow = startSlowModel(RUN_MS)
  const [steward, other] = await startPeers(slow)
  const { hurry } = await slow
  const payer = connect((await steward.ready).url)
  const { id } = await payer.submitJob({ body: { prompt: 'Who goes on without me?', replicas: 3 } })

  browser = await chromium.launch({ executablePath, args: CHROMIUM_ARGS })
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  const { url } = await other.ready
  await page.goto(new URL(`/jobs/${id}`, url).href)
  await page.waitForSelector('.threads [data-fate=started]')
  await steward.stop('SIGKILL')
  hurry()

  await page.waitForSelector('.flow [data-status=completed][data-state=current]', { timeout: 60_000 })
  expect(await page.innerText('.verdict .text')).toContain('An answer that took its time.')
  await page.waitForSelector('.disruptions li')
  expect(await page.innerText('.disruptions')).toMatch(/Slot \d: .+ took over from .+ in \d of \d seals/)
  await page.waitForSelector('.verified[data-verified=true]')
  await inspect(page, 'job-survived')
  const decision = await connect(url).getDecision({ params: { id } })
  expect(decision.verified).toBe(true)
  expect(decision.steps.flatMap(({ takeovers }) => takeovers)).toHaveLength(1)
  expect(complaints).toEqual([])
})

it('the payer reads an answer as it comes, and cancels the job on its page, which any peer then shows as cancelled', async (context) => {
  const executablePath = requireComponent(context, 'chromium')
  const [steward, other] = await startPeers(startWordModel(WORDS, WORD_MS, { neverEnds: true }))
  const { url } = await steward.ready
  const { id } = await connect(url).submitJob({ body: { prompt: 'Will this be needed?', replicas: 3 } })
  browser = await chromium.launch({ executablePath, args: CHROMIUM_ARGS })
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
  const elsewhere = await browser.newPage()
  await page.goto(new URL(`/jobs/${id}`, url).href)
  await elsewhere.goto(new URL(`/jobs/${id}`, (await other.ready).url).href)
  await page.waitForSelector('.threads [data-fate=started]')
  expect(await elsewhere.locator('button.cancel').count()).toBe(0)
  await page.waitForFunction(() =>
    document.querySelector('.provisional .text')?.textContent?.includes('word9'),
  )
  await inspect(page, 'job-streaming')
  // Whoever runs it may not show it to anybody but the payer.
  expect(await elsewhere.locator('.provisional').count()).toBe(0)
  await page.click('button.cancel')

  for (const each of [page, elsewhere]) {
    await each.waitForSelector('.flow [data-status=unresolved][data-state=current]', { timeout: 60_000 })
    expect(await each.innerText('.status-sentence')).toContain('Its payer cancelled the job')
    expect(await each.locator('button.cancel').count()).toBe(0)
  }
  await page.waitForSelector('.verified[data-verified=true]')
  await inspect(page, 'job-cancelled')
})
