import { readFileSync } from 'node:fs'

/** package.json stands one folder above the sources, and two above the build. */
const MANIFESTS = ['../../package.json', '../../../package.json']

/** The program's version. Throws when the installation is incomplete. */
export function readVersion(): string {
  for (const place of MANIFESTS) {
    const version = versionIn(new URL(place, import.meta.url))
    if (version !== undefined) return version
  }
  throw new Error('package.json of hyperlooms is missing: the installation is incomplete')
}

function versionIn(file: URL): string | undefined {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
  const manifest: unknown = JSON.parse(text)
  if (
    typeof manifest !== 'object' ||
    manifest === null ||
    !('name' in manifest) ||
    manifest.name !== 'hyperlooms'
  ) {
    return undefined
  }
  return 'version' in manifest && typeof manifest.version === 'string' ? manifest.version : undefined
}
