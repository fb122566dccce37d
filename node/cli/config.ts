import type { Command } from 'commander'
import type { SettingResource } from '../../protocol/api/control-schema.ts'
import { describeConfig } from '../config/config.ts'
import { dataFolder, defaultDataFolder, readConfigFile } from '../config/data-folder.ts'
import type { ApiFlags } from './api.ts'
import { connectControl } from './control-client.ts'
import { print, printJson, say } from './output.ts'
import { controlOptions } from './reach.ts'
import { textTable } from './table.ts'

interface ConfigFlags extends Pick<ApiFlags, 'data' | 'json'> {
  readonly origin?: boolean
}

/** More than there are settings, so that one page has all. */
const PAGE = 100

/** `config show`: what the peer goes by. */
export function addConfig(program: Command): void {
  const config = program.command('config').description('settings of a peer')
  const show = config
    .command('show', { isDefault: true })
    .description('list every setting with its value; secrets are masked')
    .option('--origin', 'also say where each value comes from: flag, environment, file or default')
  controlOptions(show).action(async ({ origin, json, data }: ConfigFlags) => {
    const root = data ?? defaultDataFolder(process.env)
    const settings = (await runningSettings(root)) ?? (await stoppedSettings(root))
    if (json === true) return printJson({ settings })
    print(tableOf(settings, origin === true))
  })
}

async function runningSettings(root: string): Promise<readonly SettingResource[] | undefined> {
  const client = await connectControl(root)
  return client === undefined ? undefined : (await client.listSettings({ query: { limit: PAGE } })).items
}

/** What a start without flags would go by. */
async function stoppedSettings(root: string): Promise<readonly SettingResource[]> {
  const folder = dataFolder(root)
  say(`No peer runs on ${root}: these are the settings of a start without flags.`)
  const file = await readConfigFile(folder)
  return describeConfig({ flags: {}, environment: process.env, file, filePath: folder.config })
}

function tableOf(settings: readonly SettingResource[], withOrigin: boolean): string {
  const origin = {
    label: 'from',
    cell: ({ origin: from, source }: SettingResource) => (source === null ? from : `${from}: ${source}`),
  }
  return textTable(
    [
      { label: 'setting', cell: ({ name }) => name },
      { label: 'value', cell: ({ value }) => value },
      ...(withOrigin ? [origin] : []),
    ],
    settings,
  )
}
