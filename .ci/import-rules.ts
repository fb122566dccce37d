import type { IRegularForbiddenRuleType as Rule } from 'dependency-cruiser'

/** Tests, acceptance suites and the scripts that write assets may look into any room. */
const HELPERS = '\\.(test|acceptance|build)\\.tsx?$|^node/(e2e|bench)/|^web/e2e/'
const CODE_FOLDERS = '^(protocol|node|web|simulations)/'

/** The node rooms that only `node/daemon.ts` and `node/start/` may wire together. */
const SEPARATE_ROOMS = ['network', 'store', 'compute', 'api', 'agents']

/** Which node room alone may import which packages. A new room with packages of its own is one line here. */
const PACKAGES_OF_ROOM: Readonly<Record<string, string>> = {
  network: 'libp2p|@libp2p/[^/]+|@chainsafe/[^/]+|@multiformats/[^/]+|multiformats|it-[^/]+',
  store: 'level|abstract-level|classic-level',
  compute: 'ollama|dockerode|eventsource-parser',
  api: 'fastify|@fastify/[^/]+',
}

const PROTOCOL_PACKAGES = '@noble/[^/]+|@scure/base|cborg|typebox'
const SERVER_PACKAGES = `${PACKAGES_OF_ROOM['store']}|${PACKAGES_OF_ROOM['compute']}|${PACKAGES_OF_ROOM['api']}`
const MEMORY_STORE = '^node/store/(memory-store|memory-blob-store|store|blob-store|key-order)\\.ts$'

const inPackages = (names: string): string => `(^|/)node_modules/(${names})/`

const forbid = (name: string, comment: string, from: Rule['from'], to: Rule['to']): Rule => ({
  name,
  comment,
  severity: 'error',
  from,
  to,
})

const packageRules = Object.entries(PACKAGES_OF_ROOM).map(([room, packages]) =>
  forbid(
    `only-${room}-knows-its-packages`,
    `Only node/${room}/ imports ${packages}.`,
    { path: '^(node|simulations)/', pathNot: `^node/${room}/|${HELPERS}` },
    { path: inPackages(packages) },
  ),
)

const roomRules = SEPARATE_ROOMS.map((room) => {
  const others = SEPARATE_ROOMS.filter((other) => other !== room).join('|')
  const name = `${room}-imports-no-other-room`
  const comment = 'The rooms meet in node/daemon.ts and node/start/ only.'
  return forbid(
    name,
    comment,
    { path: `^node/${room}/`, pathNot: HELPERS },
    { path: `^node/((${others})/|start/|(daemon|main)\\.ts)` },
  )
})

export const IMPORT_RULES: Rule[] = [
  forbid('no-cycle', 'A cycle has no order in which it can be read.', {}, { circular: true }),
  forbid('resolvable', 'The import leads nowhere.', {}, { couldNotResolve: true }),
  forbid(
    'protocol-imports-itself',
    `protocol/ is pure: it imports itself and ${PROTOCOL_PACKAGES}.`,
    { path: '^protocol/', pathNot: HELPERS },
    { pathNot: `^protocol/|${inPackages(PROTOCOL_PACKAGES)}` },
  ),
  ...packageRules,
  ...roomRules,
  forbid(
    'web-imports-the-light-mind',
    'web/ imports protocol/light, protocol/api, protocol/encoding, protocol/ids and packages for the browser.',
    { path: '^web/', pathNot: HELPERS },
    {
      path: `^(protocol|node|simulations|\\.ci)/|${inPackages(SERVER_PACKAGES)}`,
      pathNot: '^protocol/((light|api|encoding)/|ids\\.ts$)',
    },
  ),
  forbid(
    'web-runs-in-a-browser',
    'web/ imports no module of Node.',
    { path: '^web/', pathNot: HELPERS },
    { dependencyTypes: ['core'] },
  ),
  forbid(
    'simulations-import-minds',
    'simulations/ imports protocol/ and the in-memory store.',
    { path: '^simulations/', pathNot: HELPERS },
    { path: '^(node|web|\\.ci)/', pathNot: MEMORY_STORE },
  ),
  forbid(
    'nobody-imports-simulations',
    'Only node/cli/sim starts the simulator.',
    { path: '^(protocol|node|web)/', pathNot: '^node/cli/sim' },
    { path: '^simulations/' },
  ),
  forbid(
    'protocol-and-node-know-no-page',
    'web/ is built, served and never imported.',
    { path: '^(protocol|node|simulations)/' },
    { path: '^web/', pathNot: '^web/report/' },
  ),
  forbid(
    'nobody-imports-tests',
    'Shipped code imports no test.',
    { path: CODE_FOLDERS, pathNot: HELPERS },
    { path: HELPERS },
  ),
  forbid(
    'shipped-code-has-its-packages',
    'What runs under node/ and simulations/ must be in "dependencies"; web/ is bundled.',
    { path: '^(protocol|node|simulations)/', pathNot: HELPERS },
    { dependencyTypes: ['npm-dev', 'npm-no-pkg'], dependencyTypesNot: ['npm', 'npm-optional', 'npm-peer'] },
  ),
]
