import { afterEach, describe, expect, it } from 'vitest'
import { echo, type OllamaTestServer, startOllamaTestServer } from './ollama-test-server.ts'
import { createProviders } from './providers.ts'
import { createRunner } from './runner.ts'

let server: OllamaTestServer | undefined
afterEach(async () => {
  await server?.close()
  server = undefined
})

const NAMES = ['reference', 'ollama', 'openai'] as const

describe('where answers come from', () => {
  it('are those that were named', () => {
    const namesOf = (names: readonly (typeof NAMES)[number][]) =>
      createProviders({
        names,
        ollamaUrl: 'http://127.0.0.1:9',
        openAi: { url: 'http://127.0.0.1:9/v1' },
      }).map(({ name }) => name)
    expect(namesOf(NAMES)).toEqual(NAMES)
    expect(namesOf(['ollama'])).toEqual(['ollama'])
    expect(namesOf([])).toEqual([])
  })

  it('is no server of OpenAI’s protocol where none was configured', () => {
    const providers = createProviders({ names: NAMES, ollamaUrl: 'http://127.0.0.1:9', openAi: undefined })
    expect(providers.map(({ name }) => name)).toEqual(['reference', 'ollama'])
  })

  it('offers the models of a server that was started later', async () => {
    const gone = await startOllamaTestServer({ scripts: {} })
    await gone.close()
    const providers = createProviders({ names: ['ollama'], ollamaUrl: gone.url, openAi: undefined })
    const runner = createRunner({ providers, slots: 1, timeoutMs: 1_000 })
    expect(await runner.models()).toEqual([])
    server = await startOllamaTestServer({
      scripts: { 'test:latest': echo },
      port: Number(new URL(gone.url).port),
    })
    expect(await runner.models()).toMatchObject([{ name: 'test:latest', provider: 'ollama' }])
    await runner.close()
  })
})
