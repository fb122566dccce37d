import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { setImmediate } from 'node:timers/promises'
import type { GenerationRequest } from './provider.ts'

/** For tests of providers: what a server of models writes, byte by byte, well or badly. */
export interface Wire {
  /** Bytes as they are, in a chunk of their own. */
  bytes(chunk: Uint8Array): Promise<void>
  /** Ends the response with an error status and a document. */
  fail(status: number, document: unknown): void
  end(): void
  /** Breaks the connection. */
  cut(): void
  /** Resolves when the client has gone. */
  readonly gone: Promise<void>
}

export interface ModelTestServer {
  readonly url: string
  close(): Promise<void>
}

/** A real HTTP server on the loopback, on a free port unless one is named. */
export async function startModelTestServer(
  answer: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
  wantedPort = 0,
): Promise<ModelTestServer> {
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy())
  })
  const listening = Promise.withResolvers<void>()
  server.listen(wantedPort, '127.0.0.1', () => listening.resolve())
  await listening.promise
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      const closed = Promise.withResolvers<void>()
      server.close(() => closed.resolve())
      server.closeAllConnections()
      await closed.promise
    },
  }
}

export function wireOn(response: ServerResponse, contentType: string): Wire {
  const gone = Promise.withResolvers<void>()
  response.on('close', () => gone.resolve())
  return {
    async bytes(chunk) {
      const written = Promise.withResolvers<void>()
      if (!response.headersSent) response.writeHead(200, { 'content-type': contentType })
      response.write(chunk, () => written.resolve())
      await Promise.race([written.promise, gone.promise])
      // The next chunk leaves in a later turn, so that the reader gets this one by itself.
      await setImmediate()
    },
    fail: (status, document) => sendJson(response, status, document),
    end: () => response.end(),
    cut: () => response.destroy(),
    gone: gone.promise,
  }
}

export function sendJson(response: ServerResponse, status: number, document: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' })
  response.end(JSON.stringify(document))
}

/** A request of a few words. */
export function smallRequest(model: string, changes: Partial<GenerationRequest> = {}): GenerationRequest {
  const { signal } = new AbortController()
  return { model, prompt: 'a b', temperature: 0.5, seed: 42, maxTokens: 64, signal, ...changes }
}

/** What a faithful server says to a prompt: the prompt, word by word. */
export function echoOf(prompt: string): readonly string[] {
  return `You said: ${prompt}`.match(/\S+\s*/g) ?? []
}
