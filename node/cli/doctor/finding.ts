import { EXIT } from '../exit-codes.ts'

/** What is looked at, in the order of the report. */
export const CHECKS = [
  'peer',
  'folder',
  'settings',
  'consent',
  'clock',
  'ports',
  'reachability',
  'membership',
  'disk',
  'store',
  'rules',
  'witnesses',
  'convergence',
  'ollama',
  'models',
  'openai',
  'gpu',
  'docker',
] as const
export type Check = (typeof CHECKS)[number]

/** What to do about a finding. Codes are part of the interface: none is renamed or given another meaning. */
export const FIXES = {
  start_peer: 'Start it with "hyperlooms up", naming its folder with --data if that is another one.',
  name_folder: 'Name the data folder of the peer with --data.',
  resume_peer: 'Take work again with "hyperlooms resume".',
  restart_peer: 'End that process and start the peer again.',
  use_account: 'Run this as the account that the folder belongs to.',
  close_folder: 'Close it to others: chmod 700 on the folder.',
  close_key: 'Run chmod 600 on identity.key; if others may have read it, start as a new peer.',
  restore_key: 'Put the key back from a backup.',
  restore_charter: 'Put the charter back from a backup, or copy charter.cbor from another member.',
  restore_membership: 'Put joined.cbor back from a backup.',
  give_passphrase: 'Name the file that holds the passphrase of the keys with --passphrase-file.',
  mend_settings: 'Mend the setting that is named; "hyperlooms config show --origin" lists all.',
  accept_terms: 'Run "hyperlooms up" on a terminal and agree, or "hyperlooms consent accept" while it runs.',
  set_clock: 'Set this machine’s clock (timedatectl set-ntp true) and start the peer again.',
  wait_for_clock:
    'Keep the peer stopped until the machine’s clock has passed its newest record, then start it.',
  choose_port: 'End the program that has the port, or choose another port.',
  listen_wider: 'Pass --listen with an address of this machine that others reach, and open its port.',
  connect_others: 'Name reachable members with --bootstrap, or have one of them dial this peer.',
  demote_witness: 'Have an operator drop it as a witness: "hyperlooms swarm demote" with its id.',
  ask_operators:
    'Ask an operator whether it was revoked; if it was, come in with another key, in a data folder of its own.',
  free_space: 'Free space on that disk.',
  make_writable: 'Make the folder writable for this account, or move the data to another disk.',
  faster_disk: 'Move the data to a faster disk: every entry waits for it.',
  restore_store: 'Put back a copy of the whole folder, or start: other members give back what is certified.',
  bring_rules:
    'Start the version of the program that the members run, or have the operators order an epoch with the rules of this one.',
  update_program: 'Start the newer program that wrote the store.',
  replace_witness: 'Have the operators put another witness in its place.',
  add_witnesses: 'Promote three more members to witnesses, on other machines.',
  reach_witnesses: 'Start the witnesses that are away, or mend the network to them.',
  wait_for_sync: 'Wait a minute and look again; if it stays, report both roots to the operators.',
  start_ollama:
    'Start the model server, or name its address with --ollama-url; without one, --providers reference.',
  pull_model: 'Fetch one, such as "ollama pull llama3.2".',
  use_ollama:
    'Name an Ollama server with --ollama-url, and this one with --openai-url, its version included.',
  mend_openai: 'Start that server, or mend --openai-url, --openai-key-file or --openai-models.',
  mend_driver: 'Mend the driver of the GPU if this machine has one; models run on the processor until then.',
  start_docker:
    'Install Docker and start it (systemctl start docker), or set DOCKER_HOST, if containers are wanted.',
  allow_docker:
    'Let this account use Docker (usermod -aG docker), which gives it the rights of root, if that is wanted.',
  close_ollama: 'Have Ollama listen on this machine only: OLLAMA_HOST=127.0.0.1.',
} as const
export type FixCode = keyof typeof FIXES

export interface Finding {
  readonly check: Check
  readonly status: 'ok' | 'warn' | 'fail'
  readonly sentence: string
  readonly fix: { readonly code: FixCode; readonly text: string } | null
}

export function fine(check: Check, sentence: string): Finding {
  return { check, status: 'ok', sentence, fix: null }
}

/** Nothing is wrong; this is what could be done. */
export function advise(check: Check, sentence: string, code: FixCode): Finding {
  return { check, status: 'ok', sentence, fix: { code, text: FIXES[code] } }
}

export function warn(check: Check, sentence: string, code: FixCode): Finding {
  return { check, status: 'warn', sentence, fix: { code, text: FIXES[code] } }
}

export function fail(check: Check, sentence: string, code: FixCode): Finding {
  return { check, status: 'fail', sentence, fix: { code, text: FIXES[code] } }
}

export function worstOf(findings: readonly Finding[]): Finding['status'] {
  if (findings.some(({ status }) => status === 'fail')) return 'fail'
  return findings.some(({ status }) => status === 'warn') ? 'warn' : 'ok'
}

export const EXIT_OF = { ok: EXIT.ok, warn: EXIT.warned, fail: EXIT.failed } as const
