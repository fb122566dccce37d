/**
 * Holds the rules of `import-rules.ts`. A parser that doesn't understand TypeScript sees files without imports
 * and finds no violation, so the check fails as well when it missed a file or an import that plainly stands there.
 */
import { readFileSync } from 'node:fs'
import { allExtensions, cruise, type ICruiseResult, type IModule } from 'dependency-cruiser'
import { IMPORT_RULES } from './import-rules.ts'
import { report, repositoryFiles, ROOT } from './repository.ts'

const FOLDERS = /^(protocol|node|web|simulations)\/.*\.tsx?$/
const IMPORT_LINE = /^(?:import|export)\b[^'"`;]*?\bfrom\s*['"]|^import\s*['"]/m
const REEXPORTS_ONLY =
  /^(?:export\s+(?:type\s+)?(?:\*(?:\s+as\s+\w+)?|\{[^}]*\})\s+from\s+['"][^'"]+['"];?\s*)+$/

function isBarrel(path: string): boolean {
  const code = readFileSync(`${ROOT}/${path}`, 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
  return /(^|\/)index\.tsx?$/.test(path) || REEXPORTS_ONLY.test(code.trim())
}

function unseen(files: readonly string[], modules: readonly IModule[]): string[] {
  const importsOf = new Map(modules.map((module) => [module.source, module.dependencies.length]))
  return files.flatMap((path) => {
    const imports = importsOf.get(path)
    if (imports === undefined) return [`${path}: the import check did not see this file`]
    const isBlind = imports === 0 && IMPORT_LINE.test(readFileSync(`${ROOT}/${path}`, 'utf8'))
    return isBlind ? [`${path}: the import check did not see the imports of this file`] : []
  })
}

function violations(result: ICruiseResult): string[] {
  const commentOf = new Map(IMPORT_RULES.map((rule) => [rule.name, rule.comment ?? '']))
  return result.summary.violations.map(({ from, to, rule, cycle }) => {
    const way = cycle === undefined ? to : cycle.map((step) => step.name).join(' -> ')
    return `${from} -> ${way}: ${rule.name}. ${commentOf.get(rule.name) ?? ''}`
  })
}

async function cruiseFiles(files: string[]): Promise<ICruiseResult> {
  const { output } = await cruise(
    files,
    {
      baseDir: ROOT,
      parser: 'swc',
      validate: true,
      ruleSet: { forbidden: IMPORT_RULES },
      doNotFollow: { path: 'node_modules' },
      enhancedResolveOptions: {
        exportsFields: ['exports'],
        conditionNames: ['types', 'import', 'node', 'default', 'browser'],
        extensions: ['.ts', '.tsx', '.js', '.mjs', '.cjs', '.json', '.d.ts'],
      },
    },
    { bustTheCache: true },
  )
  if (typeof output === 'string') throw new Error('dependency-cruiser answered with a text')
  return output
}

const files = repositoryFiles().filter((path) => FOLDERS.test(path))
if (files.length === 0) throw new Error('git knows no TypeScript file: nothing was checked')
const isTypeScriptRead = allExtensions.some(({ extension, available }) => extension === '.ts' && available)
if (!isTypeScriptRead)
  throw new Error('dependency-cruiser finds no parser for TypeScript: @swc/core is missing')
const result = await cruiseFiles(files)
const barrels = files.filter(isBarrel).map((path) => `${path}: a barrel; import from the file that defines`)
const imports = result.modules.reduce((sum, module) => sum + module.dependencies.length, 0)
report(
  [...unseen(files, result.modules), ...violations(result), ...barrels],
  `${files.length} files, ${imports} imports, ${IMPORT_RULES.length} rules`,
)
