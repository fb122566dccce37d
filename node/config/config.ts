import { formatCredits } from '../../protocol/api/credits.ts'
import {
  type Config,
  environmentNameOf,
  fileNameOf,
  flagOf,
  OPTION_NAMES,
  OPTIONS,
  type OptionName,
} from './options.ts'

/** A setting can't be used; the message says where it was set and what is expected. */
export class ConfigError extends Error {
  readonly code = 'config_invalid'

  constructor(message: string) {
    super(message)
    this.name = 'ConfigError'
  }
}

export interface ConfigSources {
  /** By option name. */
  readonly flags: Readonly<Partial<Record<OptionName, string>>>
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Content of config.json, and its path for errors. */
  readonly file: Readonly<Record<string, unknown>>
  readonly filePath: string
}

export interface Setting {
  /** As in config.json. */
  readonly name: string
  /** As text; what is secret in it is masked. */
  readonly value: string
  readonly origin: 'flag' | 'environment' | 'file' | 'default'
  /** The flag, variable or file; null for a default. */
  readonly source: string | null
}

interface Found {
  readonly text: string
  readonly origin: Exclude<Setting['origin'], 'default'>
  /** The flag, variable or file. */
  readonly source: string
  /** Where it was set, in words. */
  readonly where: string
}

/** Flags win over the environment, that over the file, that over the defaults. Throws `ConfigError`. */
export function resolveConfig(sources: ConfigSources): Config {
  const known = new Set(OPTION_NAMES.map(fileNameOf))
  const unknown = Object.keys(sources.file).find((name) => !known.has(name))
  if (unknown !== undefined) {
    throw new ConfigError(
      `${sources.filePath} has the unknown setting "${unknown}"; it knows ${[...known].join(', ')}`,
    )
  }
  const entries = OPTION_NAMES.map((name) => [name, valueOf(name, sources)])
  // fromEntries can't carry the types; `valueOf` read each by its own row of the table.
  return Object.fromEntries(entries) as Config
}

function valueOf(name: OptionName, sources: ConfigSources): unknown {
  const found = find(name, sources)
  if (found === undefined) return OPTIONS[name].fallback
  try {
    return OPTIONS[name].parse(found.text)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new ConfigError(`${found.where} is ${JSON.stringify(found.text)}; expected ${error.message}`)
  }
}

/** Every setting with its value and where that came from. Throws `ConfigError` as `resolveConfig` does. */
export function describeConfig(sources: ConfigSources): readonly Setting[] {
  const config = resolveConfig(sources)
  return OPTION_NAMES.map((name) => {
    const { origin = 'default', source = null } = find(name, sources) ?? {}
    return { name: fileNameOf(name), value: masked(textOf(name, config)), origin, source }
  })
}

function textOf(name: OptionName, config: Config): string {
  const value = config[name]
  if (typeof value === 'bigint') return formatCredits(value)
  return Array.isArray(value) ? value.join(',') : String(value)
}

/** A password in an address is the only secret that a setting can hold. */
function masked(text: string): string {
  return text.replace(/(\w+:\/\/)[^/@\s]*@/g, '$1***@')
}

function find(name: OptionName, { flags, environment, file, filePath }: ConfigSources): Found | undefined {
  const flag = flags[name]
  const flagName = flagOf(name)
  if (flag !== undefined)
    return { text: flag, origin: 'flag', source: flagName, where: `the flag ${flagName}` }
  const variableName = environmentNameOf(name)
  const variable = environment[variableName]
  if (variable !== undefined) {
    const where = `the environment variable ${variableName}`
    return { text: variable, origin: 'environment', source: variableName, where }
  }
  const value = file[fileNameOf(name)]
  if (value === undefined) return undefined
  const text = Array.isArray(value) ? value.join(',') : JSON.stringify(value).replace(/^"(.*)"$/s, '$1')
  return { text, origin: 'file', source: filePath, where: `"${fileNameOf(name)}" in ${filePath}` }
}
