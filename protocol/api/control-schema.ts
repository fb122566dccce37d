import { type Static, Type } from 'typebox'
import { CLOSED } from './endpoint.ts'
import { count, credits, digest, nullable, peerId, time } from './fields.ts'
import { standingSchema } from './swarm-schema.ts'

/** How the owner lets the node work. `paused` ends what runs and takes nothing new; `draining` exits after that. */
const NODE_STATES = ['running', 'paused', 'draining'] as const

const CONSENT_STATUSES = ['none', 'accepted', 'revoked'] as const

export const nodeStateSchema = Type.Object({
  peer_id: peerId(),
  swarm_id: digest(),
  version: Type.String(),
  pid: count(),
  started_at: time(),
  api_url: Type.String({ description: 'Where the API and the page are' }),
  data_folder: Type.String(),
  state: Type.Enum(NODE_STATES),
  consent: Type.Enum(CONSENT_STATUSES, {
    description: '`none`: a program that embeds the peer answers for it',
  }),
  bids: Type.Boolean({ description: 'Whether it takes new work: it runs and consent was not revoked' }),
  running_jobs: count('Jobs that wait for this node, or may elect it by a bid that it gave'),
  slots: count('Generations at a time'),
})
export type NodeState = Static<typeof nodeStateSchema>

export const consentSchema = Type.Object({
  status: Type.Enum(CONSENT_STATUSES),
  terms_version: nullable(count('Of the terms that were accepted')),
  current_version: count('Of the terms that this program shows'),
  accepted_at: nullable(time()),
  accepted_by: nullable(Type.String({ description: 'terminal, flag or control' })),
  revoked_at: nullable(time()),
})
export type Consent = Static<typeof consentSchema>

export const acceptSchema = Type.Object(
  { terms_version: Type.Integer({ minimum: 1, description: 'The version that was shown' }) },
  CLOSED,
)

const SETTING_ORIGINS = ['flag', 'environment', 'file', 'default'] as const

export const settingSchema = Type.Object({
  name: Type.String({ description: 'As in config.json' }),
  value: Type.String({ description: 'As text; what is secret in it is masked' }),
  origin: Type.Enum(SETTING_ORIGINS),
  source: nullable(Type.String({ description: 'The flag, variable or file; null for a default' })),
})
export type SettingResource = Static<typeof settingSchema>

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const
/** As many lines as the peer keeps; more than that can't be asked for. */
export const LOG_LINES_MAX = 1_000
/** Long enough to make asking again cheap, shorter than a client's patience. */
const WAIT_MS_MAX = 30_000

export const logQuery = Type.Object(
  {
    limit: Type.Optional(
      Type.Integer({ minimum: 1, maximum: LOG_LINES_MAX, default: 100, description: 'The newest so many' }),
    ),
    after: Type.Optional(
      Type.Integer({ minimum: 0, description: 'Only lines after this one: `last` of the answer before' }),
    ),
    wait_ms: Type.Optional(
      Type.Integer({ minimum: 0, maximum: WAIT_MS_MAX, default: 0, description: 'How long to wait for one' }),
    ),
  },
  CLOSED,
)

export const logsSchema = Type.Object({
  items: Type.Array(
    Type.Object({
      number: count('Since the process started'),
      at: time(),
      level: Type.Enum(LOG_LEVELS),
      message: Type.String(),
      context: Type.Record(Type.String(), Type.Unknown()),
    }),
  ),
  last: count('Number of the newest line that this answer knows of'),
  missed: count('Lines after `after` that are not kept any more'),
})
export type Logs = Static<typeof logsSchema>

/** Longer paths can't be opened anyway (PATH_MAX). */
const PATH_CHARACTERS_MAX = 4_096

/** A sentence of any length that a person types. */
const PASSPHRASE_CHARACTERS_MAX = 1_024

export const backupRequestSchema = Type.Object(
  {
    path: Type.String({
      minLength: 1,
      maxLength: PATH_CHARACTERS_MAX,
      pattern: '^/',
      description: 'Absolute path on the machine of the peer, where nothing is yet',
    }),
    passphrase: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: PASSPHRASE_CHARACTERS_MAX,
        description: 'Seals keys that have no passphrase; others keep their own',
      }),
    ),
    plain_keys: Type.Optional(
      Type.Boolean({ description: 'Let keys that have no passphrase lie in it without one' }),
    ),
    bodies: Type.Optional(Type.Boolean({ description: 'Prompts and answers as well; true unless given' })),
  },
  CLOSED,
)

export const backupSchema = Type.Object({
  path: Type.String(),
  state: Type.Enum(['running', 'completed', 'cancelled', 'failed']),
  started_at: time(),
  ended_at: nullable(time()),
  bytes_done: count(),
  bytes_total: nullable(count('null while it is not known')),
  made: nullable(
    Type.Object({
      peer: peerId(),
      swarm: digest('The swarm of the peer'),
      position: count('How many batches the store held when it was copied'),
      created_at: time(),
      keys: Type.Enum(['plain', 'sealed']),
      records: count(),
      bodies: count(),
      bytes: count(),
    }),
  ),
  failure: nullable(Type.Object({ code: Type.String(), detail: Type.String() })),
})
export type BackupResource = Static<typeof backupSchema>

export const walletSchema = Type.Object({
  account_id: peerId(),
  label: Type.String(),
  is_default: Type.Boolean({ description: 'Pays for jobs and is paid for work' }),
  spendable: credits(),
  escrowed: credits(),
  forked: Type.Boolean(),
})

export type WalletResource = Static<typeof walletSchema>

/** Labels are for the owner's eyes; a line of a table holds this much. */
const LABEL_CHARACTERS_MAX = 64

export const walletRequestSchema = Type.Object(
  { label: Type.String({ minLength: 1, maxLength: LABEL_CHARACTERS_MAX }) },
  CLOSED,
)

/** What `doctor` judges of a running peer, beside what other routes tell. */
export const diagnosisSchema = Type.Object({
  clock: Type.Object({
    now: time("The peer's own clock, which never goes back"),
    wall: time("The machine's clock"),
    others: Type.Array(
      Type.Object({
        node_id: peerId(),
        witness: Type.Boolean(),
        ahead_ms: Type.Integer({ description: 'How far its clock was ahead of this one when it was heard' }),
      }),
    ),
  }),
  store: Type.Object({
    status: Type.Enum(['sound', 'replaced']),
    damage: nullable(Type.Object({ code: Type.String(), detail: Type.String() })),
    moved_to: nullable(Type.String()),
    forgetful: Type.Boolean({
      description: 'A store of this key was lost: as a witness it never votes again',
    }),
  }),
  witnesses: Type.Object({
    total: count(),
    needed: count('To certify anything'),
    reached: count('That vote; this peer included, if it is one'),
    away: Type.Array(peerId()),
    lost: Type.Array(peerId(), { description: 'They lost records and never vote again: to be replaced' }),
  }),
  standing: standingSchema(),
  settings: Type.Object({ listen: Type.Array(Type.String()), ollama_url: Type.String() }),
})
export type Diagnosis = Static<typeof diagnosisSchema>
