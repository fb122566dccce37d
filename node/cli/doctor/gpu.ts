import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { advise, fine, type Finding } from './finding.ts'

/** A healthy driver answers within 200 ms, after a start of the machine within seconds. */
const ASK_MS = 5_000
/** A line for each GPU. */
const OUTPUT_BYTES_MAX = 64 * 1_024

/** A program of a GPU's driver, and how its output names what it has; undefined where it has none. */
interface Driver {
  readonly command: string
  readonly args: readonly string[]
  readonly read: (output: string) => string | undefined
}

export const DRIVERS: readonly Driver[] = [
  {
    command: 'nvidia-smi',
    args: ['--query-gpu=name,memory.total,memory.free', '--format=csv,noheader'],
    read: readNvidia,
  },
  { command: 'rocm-smi', args: ['--showproductname', '--showmeminfo', 'vram', '--csv'], read: readRocm },
]

/** What there is to compute with. Never worse than ok: a peer without a GPU is a peer like any other. */
export async function checkGpu(drivers: readonly Driver[] = DRIVERS): Promise<Finding> {
  for (const { command, args, read } of drivers) {
    const asked = await ask(command, args)
    if (asked === 'absent') continue
    if ('fault' in asked) return advise('gpu', `${command} answers: ${asked.fault}.`, 'mend_driver')
    const found = read(asked.output)
    if (found !== undefined) return fine('gpu', `${found}.`)
    return advise('gpu', `${command} knows of no GPU.`, 'mend_driver')
  }
  return fine('gpu', 'No driver of a GPU is here (nvidia-smi, rocm-smi): models run on the processor.')
}

async function ask(
  command: string,
  args: readonly string[],
): Promise<'absent' | { readonly output: string } | { readonly fault: string }> {
  try {
    const options = { timeout: ASK_MS, maxBuffer: OUTPUT_BYTES_MAX, killSignal: 'SIGKILL' } as const
    const { stdout } = await promisify(execFile)(command, args, options)
    return { output: stdout }
  } catch (error) {
    if (!(error instanceof Error)) return { fault: String(error) }
    if ('code' in error && error.code === 'ENOENT') return 'absent'
    if ('killed' in error && error.killed === true) return { fault: `nothing within ${ASK_MS / 1_000} s` }
    const said = 'stdout' in error && typeof error.stdout === 'string' ? error.stdout : ''
    return { fault: firstLine(said) ?? firstLine(error.message) ?? 'an error' }
  }
}

function firstLine(text: string): string | undefined {
  const line = text.split('\n').find((each) => each.trim() !== '')
  return line?.trim().replace(/\.$/, '')
}

/** "NVIDIA L4, 23034 MiB, 22000 MiB" for each GPU. */
function readNvidia(output: string): string | undefined {
  const gpus = output.split('\n').flatMap((line) => {
    const [name, total, free] = line.split(',').map((part) => part.trim())
    if (name === undefined || total === undefined || free === undefined) return []
    return [`${name}: ${free} of ${total} are free`]
  })
  return gpus.length === 0 ? undefined : gpus.join('; ')
}

/** A table with a heading; the card's name and its memory are in columns whose place differs by version. */
function readRocm(output: string): string | undefined {
  const [heading = '', ...rows] = output.split('\n').filter((line) => line.includes(','))
  const columns = heading.split(',').map((each) => each.trim())
  const gpus = rows.map((row) => {
    const fields = row.split(',').map((each) => each.trim())
    const of = (pattern: RegExp): string | undefined =>
      fields[columns.findIndex((each) => pattern.test(each))]
    const bytes = Number(of(/VRAM Total Memory/i))
    const name = of(/Card Series|Product Name/i) ?? of(/^device$/i) ?? 'a GPU'
    return Number.isFinite(bytes) ? `${name}: ${Math.floor(bytes / 1_048_576)} MiB` : name
  })
  return gpus.length === 0 ? undefined : gpus.join('; ')
}
