import { execFile } from 'node:child_process'
import os from 'node:os'
import { promisify } from 'node:util'

/** A healthy driver answers within 200 ms; a hung one must not hold up a heartbeat. */
const PROBE_TIMEOUT_MS = 2_000
/** One line of some 15 bytes for each GPU. */
const PROBE_BYTES_MAX = 16 * 1024
const BYTES_PER_MEBIBYTE = 1024 * 1024

/** What this machine has, as far as it can be told without guessing. All integers. */
export interface Hardware {
  readonly cores: number
  readonly memoryTotalBytes: number
  readonly memoryFreeBytes: number
  /** Runnable processes over the last minute in percent of the cores, from 0 to 100; 0 where not known. */
  readonly loadPercent: number
  /** Over all GPUs; 0 when there is none that `nvidia-smi` knows. */
  readonly vramTotalBytes: number
  readonly vramFreeBytes: number
}

export interface ProbeOptions {
  readonly nvidiaSmi?: string
  readonly timeoutMs?: number
}

/** Never rejects: what can't be asked counts as absent. */
export async function probeHardware({
  nvidiaSmi = 'nvidia-smi',
  timeoutMs = PROBE_TIMEOUT_MS,
}: ProbeOptions = {}): Promise<Hardware> {
  const cores = os.availableParallelism()
  const [loadOneMinute = 0] = os.loadavg()
  return {
    cores,
    memoryTotalBytes: os.totalmem(),
    memoryFreeBytes: os.freemem(),
    loadPercent: Math.min(100, Math.round((loadOneMinute * 100) / cores)),
    ...parseVideoMemory(await askDriver(nvidiaSmi, timeoutMs)),
  }
}

async function askDriver(command: string, timeoutMs: number): Promise<string> {
  const query = ['--query-gpu=memory.total,memory.free', '--format=csv,noheader,nounits']
  try {
    const options = { timeout: timeoutMs, maxBuffer: PROBE_BYTES_MAX, killSignal: 'SIGKILL' } as const
    return (await promisify(execFile)(command, query, options)).stdout
  } catch {
    return ''
  }
}

/** Sums lines of "total, free" in MiB; a GPU that doesn't tell its memory (`[N/A]`) counts as none. */
export function parseVideoMemory(output: string): Pick<Hardware, 'vramTotalBytes' | 'vramFreeBytes'> {
  let total = 0
  let free = 0
  for (const line of output.split('\n')) {
    const match = /^\s*(\d{1,8})\s*,\s*(\d{1,8})\s*$/.exec(line)
    if (match === null) continue
    total += Number(match[1])
    free += Math.min(Number(match[1]), Number(match[2]))
  }
  return { vramTotalBytes: total * BYTES_PER_MEBIBYTE, vramFreeBytes: free * BYTES_PER_MEBIBYTE }
}
