#!/usr/bin/env node
'use strict'
/**
 * The command `hyperlooms`. It runs on any Node since 18: where that is older than the program needs, it hands
 * over to the Node that came with the installation, and stays only to pass on signals and the exit code.
 */
const { spawn } = require('node:child_process')
const { existsSync } = require('node:fs')
const { constants } = require('node:os')
const path = require('node:path')
const { pathToFileURL } = require('node:url')

const NODE_VERSION_MIN = 24
/** A terminal sends these to every process in it, so passing them on would deliver them twice. */
const TERMINAL_SIGNALS = ['SIGINT', 'SIGQUIT', 'SIGHUP']

/** Node strips no types under node_modules, so an installed package holds the built program. */
function findProgram() {
  const root = path.resolve(__dirname, '../..')
  const source = path.join(root, 'node/main.ts')
  const isInstalled = root.split(path.sep).includes('node_modules')
  return !isInstalled && existsSync(source) ? source : path.join(root, 'dist/node/main.js')
}

function findBundledNode() {
  try {
    const manifest = require.resolve(`node-${process.platform}-${process.arch}/package.json`)
    const binary = path.join(path.dirname(manifest), 'bin/node')
    return existsSync(binary) ? binary : undefined
  } catch {
    return undefined
  }
}

function exitLike(code, signal) {
  if (signal === null) process.exit(code)
  process.removeAllListeners(signal)
  process.kill(process.pid, signal)
  // A signal that this process ignores or that dumps core elsewhere still has to end it.
  setTimeout(() => process.exit(128 + (constants.signals[signal] || 0)), 100)
}

function handOver(binary, program) {
  const child = spawn(binary, [program, ...process.argv.slice(2)], { stdio: 'inherit' })
  const isInTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY
  for (const signal of ['SIGTERM', 'SIGUSR2', ...TERMINAL_SIGNALS]) {
    process.on(signal, () => {
      if (!(isInTerminal && TERMINAL_SIGNALS.includes(signal))) child.kill(signal)
    })
  }
  child.on('error', (error) => {
    process.stderr.write(`Hyperlooms could not start ${binary}: ${error.message}\n`)
    process.exit(1)
  })
  child.on('close', exitLike)
}

function main() {
  const program = findProgram()
  if (!existsSync(program)) {
    process.stderr.write(`Hyperlooms is not built: ${program} is missing; run "npm run build".\n`)
    process.exit(1)
  }
  if (Number.parseInt(process.versions.node, 10) >= NODE_VERSION_MIN) {
    process.argv[1] = program
    return import(pathToFileURL(program).href)
  }
  const binary = findBundledNode()
  if (binary !== undefined) return handOver(binary, program)
  process.stderr.write(
    `Hyperlooms needs Node.js ${NODE_VERSION_MIN} or newer, but this is ${process.version} and no Node.js for ` +
      `${process.platform}-${process.arch} came with the installation: install Node.js ${NODE_VERSION_MIN}, ` +
      'or run "npm ci" again without omitting optional packages.\n',
  )
  process.exit(1)
}

void main()
