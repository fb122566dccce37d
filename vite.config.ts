import { fileURLToPath } from 'node:url'
import solid from 'vite-plugin-solid'
import { defineConfig, type TestProjectConfiguration, type ViteUserConfig } from 'vitest/config'

const ROOT = fileURLToPath(new URL('.', import.meta.url))

/** The peer that `npm run dev` starts beside the page. */
const PEER = process.env['HYPERLOOMS_API'] ?? 'http://127.0.0.1:8000'
/** The peer answers only pages of its own address, so a request of the development server must look like one. */
const fromPeer = { target: PEER, changeOrigin: true, headers: { origin: PEER } }

const page: ViteUserConfig = {
  root: `${ROOT}web`,
  plugins: [solid()],
  build: { outDir: `${ROOT}dist/web`, emptyOutDir: true, sourcemap: false, target: 'es2022' },
  server: {
    port: 5173,
    fs: { allow: [ROOT] },
    proxy: {
      '/api': fromPeer,
      '/docs': fromPeer,
      '/openapi.json': fromPeer,
      '/ws': { ...fromPeer, ws: true, rewriteWsOrigin: true },
    },
  },
}

interface Project {
  readonly name: string
  readonly include: string[]
  readonly exclude?: string[]
  /** Projects of one group run together, groups one after the other. */
  readonly group: number
  readonly timeoutMs: number
  /** Starts processes of its own that would compete with another file's. */
  readonly isAlone?: boolean
  readonly plugins?: ReturnType<typeof solid>[]
}

function project({ name, include, exclude = [], group, timeoutMs, isAlone = false, plugins }: Project) {
  return {
    ...(plugins === undefined ? {} : { plugins }),
    root: ROOT,
    test: {
      name,
      include,
      exclude: ['**/node_modules/**', '**/dist/**', ...exclude],
      environment: 'node',
      fileParallelism: !isAlone,
      sequence: { groupOrder: group },
      testTimeout: timeoutMs,
      hookTimeout: timeoutMs,
    },
  } satisfies TestProjectConfiguration
}

const tests: ViteUserConfig = {
  test: {
    reporters: ['default', './.ci/skip-reporter.ts'],
    projects: [
      project({
        name: 'unit',
        include: ['protocol/**/*.test.ts', 'node/**/*.test.ts'],
        exclude: ['node/e2e/**'],
        group: 1,
        timeoutMs: 15_000,
      }),
      project({
        name: 'web',
        include: ['web/**/*.test.{ts,tsx}'],
        exclude: ['web/e2e/**'],
        group: 1,
        timeoutMs: 15_000,
        plugins: [solid()],
      }),
      project({ name: 'simulation', include: ['simulations/**/*.test.ts'], group: 2, timeoutMs: 300_000 }),
      project({
        name: 'swarm',
        include: ['node/e2e/**/*.test.ts'],
        group: 3,
        timeoutMs: 120_000,
        isAlone: true,
      }),
      project({
        name: 'browser',
        include: ['web/e2e/**/*.test.ts'],
        group: 4,
        timeoutMs: 120_000,
        isAlone: true,
      }),
    ],
  },
}

export default defineConfig(({ mode }) => (mode === 'test' ? tests : page))
