import { setTimeout as pause } from 'node:timers/promises'
import type { Consent, NodeState } from '../../../protocol/api/control-schema.ts'
import type { LedgerRoot } from '../../../protocol/api/network-schema.ts'
import type { PeerClient } from '../api.ts'
import { ownRules } from '../../config/lexicon.ts'
import { checkDisk } from './disk.ts'
import { checkDocker } from './docker.ts'
import { judgeRules } from './examine-folder.ts'
import { fail, fine, type Finding, warn } from './finding.ts'
import { checkGpu } from './gpu.ts'
import { judgeClock } from './judge-clock.ts'
import { judgeConvergence, judgeMembership, judgeReachability, judgeWitnesses } from './judge-swarm.ts'
import { checkModels, checkOpenAi } from './models.ts'
import { checkOllama, checkServedPorts } from './ports.ts'

/** Two heartbeats of a small swarm: by then everybody has said its newest root. */
const LOOKS_MAX = 10
const LOOK_MS = 1_000

/** More than there are settings, so that one page has all. */
const SETTINGS_MAX = 100

/** Everything that a running peer tells over its control socket, judged. */
export async function examineRunning(client: PeerClient): Promise<readonly Finding[]> {
  const [node, consent, self, diagnosis, stats, settings, epoch] = await Promise.all([
    client.getNode(),
    client.getConsent(),
    client.getSelf(),
    client.getDiagnosis(),
    client.getStats(),
    client.listSettings({ query: { limit: SETTINGS_MAX } }),
    client.getEpoch({ query: {} }),
  ])
  const ollamaUrl = diagnosis.settings.ollama_url
  const setTo = (wanted: string) => settings.items.find(({ name }) => name === wanted)?.value ?? ''
  const providers = setTo('providers').split(',')
  const openAi = {
    providers,
    openaiUrl: setTo('openai_url'),
    openaiKeyFile: setTo('openai_key_file'),
    openaiModels: setTo('openai_models')
      .split(',')
      .filter((name) => name !== ''),
  }
  const [ports, disk, ollama, roots, models, ...machine] = await Promise.all([
    checkServedPorts(node.api_url, self),
    checkDisk(node.data_folder),
    checkOllama(ollamaUrl),
    lookUntilLevel(client),
    checkModels({ ollamaUrl, providers }),
    checkOpenAi(openAi),
    checkGpu(),
    checkDocker(),
  ])
  return [
    judgePeer(node),
    judgeConsent(consent),
    judgeClock(diagnosis),
    ports,
    judgeReachability(self, stats.peers.members),
    judgeMembership(diagnosis),
    disk,
    judgeStore(diagnosis.store),
    ...judgeRules(epoch.governance.rules, await ownRules()),
    judgeWitnesses(diagnosis, self),
    judgeConvergence(roots, diagnosis.witnesses.needed),
    ollama,
    models,
    ...machine,
  ]
}

/** Entries in flight make roots differ for a moment. */
async function lookUntilLevel(client: PeerClient): Promise<readonly LedgerRoot[]> {
  const looks = [await client.getLedgerRoot()]
  while (looks.at(-1)?.converged === false && looks.length < LOOKS_MAX) {
    await pause(LOOK_MS)
    looks.push(await client.getLedgerRoot())
  }
  return looks
}

function judgePeer({ state, peer_id: id, pid, running_jobs: jobs }: NodeState): Finding {
  const who = `The peer ${id} runs (process ${pid})`
  if (state === 'running')
    return fine(
      'peer',
      `${who}; ${jobs === 0 ? 'no job waits' : jobs === 1 ? 'one job waits' : `${jobs} jobs wait`} for it.`,
    )
  return warn('peer', `${who} and is ${state}: it takes no new work.`, 'resume_peer')
}

function judgeConsent({ status, accepted_at: at, revoked_at: revoked }: Consent): Finding {
  if (status === 'revoked') {
    return warn('consent', `Consent was revoked at ${revoked}: the peer takes no work.`, 'accept_terms')
  }
  return fine(
    'consent',
    status === 'none' ? 'A program that embeds the peer answers for it.' : `Consent was given at ${at}.`,
  )
}

function judgeStore({
  status,
  damage,
  moved_to: movedTo,
}: {
  readonly status: 'sound' | 'replaced'
  readonly damage: { readonly code: string; readonly detail: string } | null
  readonly moved_to: string | null
}): Finding {
  if (status === 'sound') return fine('store', 'The store was whole when the peer started.')
  const where = movedTo === null ? '' : ` What was left is in ${movedTo}.`
  const sentence = `The store was damaged (${damage?.code ?? 'unknown'}) and is filled again from other members.${where}`
  return fail('store', sentence, 'restore_store')
}
