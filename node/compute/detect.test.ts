import { afterEach, describe, expect, it } from 'vitest'
import { detectProviders } from './detect.ts'
import { echo, startOllamaTestServer } from './ollama-test-server.ts'
import type { OllamaTestServer } from './ollama-test-server.ts'

let server: OllamaTestServer | undefined
afterEach(async () => {
  await server?.close()
  server = undefined
})

async function detected(ollamaUrl: string, timeoutMs = 10_000): Promise<string[]> {
  return (await detectProviders({ ollamaUrl, timeoutMs })).map((provider) => provider.name)
}

describe('the providers of a machine', () => {
  it('include Ollama when it answers', async () => {
    server = await startOllamaTestServer({ scripts: { 'test:latest': echo } })
    expect(await detected(server.url)).toEqual(['reference', 'ollama'])
  })

  it('include Ollama before it has any model', async () => {
    server = await startOllamaTestServer({ scripts: {} })
    expect(await detected(server.url)).toEqual(['reference', 'ollama'])
  })

  it('are the reference model alone where nothing listens', async () => {
    const gone = await startOllamaTestServer({ scripts: {} })
    await gone.close()
    expect(await detected(gone.url)).toEqual(['reference'])
  })

  it('are the reference model alone where something else listens', async () => {
    server = await startOllamaTestServer({ scripts: {} })
    expect(await detected(`${server.url}/elsewhere`)).toEqual(['reference'])
  })

  it('include a configured server of OpenAI’s protocol, whether it answers now or not', async () => {
    const gone = await startOllamaTestServer({ scripts: {} })
    await gone.close()
    const openAi = { url: `${gone.url}/v1` }
    const names = (await detectProviders({ ollamaUrl: gone.url, openAi })).map(({ name }) => name)
    expect(names).toEqual(['reference', 'openai'])
  })

  it('do not wait for a server that is silent', async () => {
    server = await startOllamaTestServer({ scripts: {}, silent: true })
    expect(await detected(server.url, 20)).toEqual(['reference'])
  })
})
