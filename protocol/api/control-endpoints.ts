import {
  acceptSchema,
  backupRequestSchema,
  backupSchema,
  consentSchema,
  diagnosisSchema,
  logQuery,
  logsSchema,
  nodeStateSchema,
  settingSchema,
  walletRequestSchema,
  walletSchema,
} from './control-schema.ts'
import { BODY_ERRORS, LIST_ERRORS, NOTHING, page } from './endpoint.ts'
import { pageOf } from './fields.ts'

/** A path of the largest length, escaped, and little else. */
const BODY_BYTES_MAX = 32_768

const CONTROL = { ...NOTHING, tag: 'control', bodyBytesMax: BODY_BYTES_MAX } as const

/** What the owner of the data folder does with a running peer. */
export const CONTROL_ENDPOINTS = {
  getNode: { ...CONTROL, summary: 'What this node does and where it is', response: nodeStateSchema },
  pauseNode: {
    ...CONTROL,
    summary: 'Take no new work, also after a restart; what runs is finished',
    response: nodeStateSchema,
  },
  resumeNode: {
    ...CONTROL,
    summary: 'Take work again; ends a pause, and a drain that is still waiting',
    response: nodeStateSchema,
  },
  drainNode: {
    ...CONTROL,
    summary: 'Take no new work, finish what runs, then exit',
    status: 202,
    response: nodeStateSchema,
  },
  shutdownNode: { ...CONTROL, summary: 'Exit now, in good order', status: 202, response: nodeStateSchema },
  getConsent: { ...CONTROL, summary: 'Whether the owner agreed to work for others', response: consentSchema },
  acceptConsent: {
    ...CONTROL,
    summary: 'Agree to the terms that `up` shows',
    body: acceptSchema,
    response: consentSchema,
    errors: [...BODY_ERRORS, 'terms_outdated'],
  },
  revokeConsent: {
    ...CONTROL,
    summary: 'Take the agreement back: the node bids for nothing any more, what runs is finished',
    response: consentSchema,
  },
  listSettings: {
    ...CONTROL,
    summary: 'Every setting with its value and where that came from',
    query: page,
    response: pageOf(settingSchema),
    errors: LIST_ERRORS,
  },
  getLogs: {
    ...CONTROL,
    summary: 'The newest log lines; with `after` and `wait_ms`, those to come',
    query: logQuery,
    response: logsSchema,
    errors: ['out_of_range', 'unknown_field', 'wrong_type'],
  },
  startBackup: {
    ...CONTROL,
    summary: 'Copy keys and records to a folder while the peer runs',
    body: backupRequestSchema,
    status: 202,
    response: backupSchema,
    errors: [...BODY_ERRORS, 'backup_running', 'not_available'],
  },
  getBackup: {
    ...CONTROL,
    summary: 'How far the newest backup is',
    response: backupSchema,
    errors: ['backup_not_found'],
  },
  cancelBackup: {
    ...CONTROL,
    summary: 'End a backup that runs; what it copied is removed by whoever copies',
    response: backupSchema,
    errors: ['backup_not_found'],
  },
  listWallets: {
    ...CONTROL,
    summary: 'Accounts whose keys this peer holds',
    query: page,
    response: pageOf(walletSchema),
    errors: LIST_ERRORS,
  },
  createWallet: {
    ...CONTROL,
    summary: 'Make a further key, which is an account of its own',
    body: walletRequestSchema,
    status: 202,
    response: walletSchema,
    errors: [...BODY_ERRORS, 'label_invalid', 'keys_sealed', 'keys_unusable', 'not_available'],
  },
  getDiagnosis: {
    ...CONTROL,
    summary: 'Facts that `doctor` judges',
    response: diagnosisSchema,
  },
} as const
