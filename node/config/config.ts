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

interface Found {
  readonly text: string
  readonly origin: string
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
    throw new ConfigError(`${found.origin} is ${JSON.stringify(found.text)}; expected ${error.message}`)
  }
}

function find(name: OptionName, { flags, environment, file, filePath }: ConfigSources): Found | undefined {
  const flag = flags[name]
  if (flag !== undefined) return { text: flag, origin: `the flag ${flagOf(name)}` }
  const variable = environment[environmentNameOf(name)]
  if (variable !== undefined)
    return { text: variable, origin: `the environment variable ${environmentNameOf(name)}` }
  const value = file[fileNameOf(name)]
  if (value === undefined) return undefined
  const text = Array.isArray(value) ? value.join(',') : JSON.stringify(value).replace(/^"(.*)"$/s, '$1')
  return { text, origin: `"${fileNameOf(name)}" in ${filePath}` }
}
