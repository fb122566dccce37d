/**
 * A peer that restarts when its sources change and the page with hot reload in front of it:
 *   npm run dev
 *   npm run dev -- --data /tmp/peer
 * Arguments go to the peer.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { ROOT } from './repository.ts'

function start(command: string, ...args: string[]): ChildProcess {
  return spawn(command, args, { cwd: ROOT, stdio: 'inherit' })
}

const children = [
  start(
    'node',
    '--watch-preserve-output',
    '--watch',
    'node/main.ts',
    'up',
    '--accept-terms',
    ...process.argv.slice(2),
  ),
  start('vite'),
]

function stopAll(): void {
  for (const child of children) child.kill('SIGTERM')
}

process.on('SIGINT', stopAll)
process.on('SIGTERM', stopAll)
for (const child of children) {
  child.on('error', stopAll)
  child.on('exit', (code) => {
    process.exitCode ??= code ?? 0
    stopAll()
  })
}
