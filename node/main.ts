import { enableCompileCache } from 'node:module'

// Compiled code is kept in the system's folder for temporary files: peers start in half the time.
enableCompileCache()
const { runProgram } = await import('./cli/program.ts')
await runProgram(process.argv.slice(2))
