import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Browser, chromium } from 'playwright-core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { CREDIT_SENTENCE } from '../../protocol/api/credits.ts'
import { requireComponent } from '../../node/e2e/require-component.ts'
import { barriersOf } from './accessibility.ts'
import { CHROMIUM_ARGS, inspect } from './looking.ts'

const COMMAND = fileURLToPath(new URL('../../node/packaging/hyperlooms.cjs', import.meta.url))
const PROMPT =
  'Summarise: The Rhine flows 1,230 km from the Alps to the North Sea. It passes Basel, Cologne and Rotterdam. ' +
  'Ships carry 200 million tonnes on it each year. In 2018 a drought stopped many of them for weeks.'

let data: string
let swarm: ChildProcess | undefined
let browser: Browser | undefined

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'hyperlooms-web-'))
})

afterEach(async () => {
  await browser?.close()
  if (swarm !== undefined && swarm.exitCode === null) {
    const ended = once(swarm, 'exit')
    swarm.kill('SIGTERM')
    await ended
  }
  await rm(data, { recursive: true, force: true })
})

/** Starts four real peers, one of them lying; resolves with the page's address. */
function startSwarm(): Promise<string> {
  const child = spawn(
    process.execPath,
    [COMMAND, 'local', '--data', data, '--prompt', PROMPT, '--liar', '1'],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  swarm = child
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  let seen = ''
  const look = (chunk: unknown) => {
    seen += String(chunk)
    const address = /The page is at (http:\/\/\S+)/.exec(seen)?.[1]
    if (address !== undefined) resolve(address)
  }
  child.stdout.on('data', look)
  child.stderr.on('data', look)
  child.once('exit', () => reject(new Error(`the swarm ended before it served: ${seen}`)))
  return promise
}

describe('the page of a running peer', () => {
  it('submits a job, follows it to its verdict and shows why the liar was outvoted', async (context) => {
    const executablePath = requireComponent(context, 'chromium')
    const address = await startSwarm()
    browser = await chromium.launch({ executablePath, args: CHROMIUM_ARGS })
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
    const complaints: string[] = []
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text())
    })
    page.on('pageerror', (error) => complaints.push(error.message))

    await page.goto(address)
    await page.waitForFunction(
      () =>
        document.body.innerText.includes('hyperlooms-reference-1') || document.querySelector('h1') !== null,
    )
    await inspect(page, 'home')

    await page.goto(new URL('/jobs', address).href)
    await page.fill('#prompt', PROMPT)
    await inspect(page, 'jobs')
    await page.click('button.primary')
    await page.waitForURL(/\/jobs\/[0-9a-f]{64}/)

    await page.waitForSelector('.verdict .text')
    expect(await page.innerText('.verdict .text')).toContain('1,230 km')
    expect(await page.innerText('.confidence .numeral')).toMatch(/\d/)
    await page.waitForSelector('.answer[data-outcome=outvoted] mark')
    expect(await page.locator('.answer').count()).toBe(3)
    expect(await page.locator('.answer[data-outcome=agreed]').count()).toBe(2)
    await page.waitForSelector('.verified[data-verified=true]')
    expect(await page.locator('.receipts tfoot').count()).toBe(1)
    await inspect(page, 'job')

    await page.goto(new URL('/network', address).href)
    await page.waitForSelector('table')
    await inspect(page, 'network')

    // By the keyboard alone: the page is the third of the navigation.
    await page.focus('nav a[href="/wallet"]')
    await page.keyboard.press('Enter')
    await page.waitForSelector('.data .moved')
    expect(new URL(page.url()).pathname).toBe('/wallet')
    expect(await page.innerText('main')).toContain(CREDIT_SENTENCE)
    const labels = await page.locator('.data td[data-label=What]').allInnerTexts()
    expect(labels).toContain('Set aside for a job')
    expect(labels).toContain('Minted')
    const columns = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    )
    expect(columns).toBe(0)
    await inspect(page, 'wallet')
    await page.selectOption('.filter select', 'mint')
    await page.waitForFunction(() => document.querySelectorAll('.data .moved').length === 1)
    await page.selectOption('.filter select', 'spend')
    await page.waitForSelector('.empty')
    await page.selectOption('.filter select', '')
    await page.click('.data td[data-label=Proof] a[href^="/jobs/"]')
    await page.waitForSelector('.verdict .text')
    expect(complaints).toEqual([])
  })

  it('says on the wallet that the peer is gone, and keeps what it showed', async (context) => {
    const executablePath = requireComponent(context, 'chromium')
    const address = await startSwarm()
    browser = await chromium.launch({ executablePath, args: CHROMIUM_ARGS })
    const page = await browser.newPage()
    await page.goto(new URL('/wallet', address).href)
    await page.waitForSelector('.data .moved')
    await page.route('**/api/**', (route) => route.abort())
    await page.waitForSelector('[role=alert]')
    expect(await page.innerText('[role=alert]')).toContain('does not answer')
    expect(await page.locator('.data .moved').count()).toBeGreaterThan(0)
    expect(await barriersOf(page)).toEqual([])
  })

  it('says what is wrong with an empty prompt and charges nothing', async (context) => {
    const executablePath = requireComponent(context, 'chromium')
    const address = await startSwarm()
    browser = await chromium.launch({ executablePath, args: CHROMIUM_ARGS })
    const page = await browser.newPage()
    await page.goto(new URL('/jobs', address).href)
    await page.waitForSelector('#prompt')
    await page.click('button.primary')
    await page.waitForSelector('#draft-fault')
    expect(await page.innerText('#draft-fault')).not.toBe('')
    expect(new URL(page.url()).pathname).toBe('/jobs')
  })
})
