import type { AccountId, Digest, InstanceId, JobId, PeerId } from '../ids.ts'

/**
 * The permanent registry of record keys: a prefix is never given a second meaning. Hot records are read into
 * memory at start; the others are cold and only ever loaded to answer somebody.
 */
export const PREFIXES = {
  /** Hot: head, balance and digest of an account. */
  account: 'account/',
  /** Hot: outputs not claimed yet, by their owner. */
  output: 'output/',
  /** Hot: the entry a witness is bound to for one (account, seq) until one is certified. */
  lock: 'lock/',
  /** Hot: this peer's own signed entries that aren't certified yet. */
  own: 'own/',
  /** Hot: jobs whose `open` is certified and which aren't settled yet: what their escrow is owed to. */
  open: 'open/',
  /** Hot: a voter's promise, prepared certificate and votes in one undecided instance. */
  ballot: 'ballot/',
  /** Hot: what this peer proposed last in an undecided instance. */
  proposal: 'proposal/',
  /** Hot: jobs that aren't terminal. */
  job: 'job/',
  /** Hot: what this peer promised as runner: salt and answer of a commit, until the job is terminal. */
  run: 'run/',
  /** Hot: when the owner wants a job of this peer's own cancelled, until it is. */
  deadline: 'deadline/',
  /** Hot: submissions of this peer's owner that wait to be opened, by their names. */
  ticket: 'ticket/',
  /** Hot: what a job of this peer's owner was opened from, until it is over: it may have to wait again. */
  placed: 'placed/',
  /** Hot: commits that a witness holds and the one seal that it signed for an attempt. */
  seal: 'seal/',
  /** Hot: this witness's votes may have been lost, so it never votes again. */
  amnesia: 'amnesia',
  /** Hot: an owner's request to settle a fork, with its proof, until that is decided. */
  resolving: 'resolving/',
  /** Hot: how a fork was settled, by account and instance. */
  resolved: 'resolved/',
  /** Hot: where an account forked first. */
  forked: 'forked/',
  /** Hot: heads of jobs, for the state digest. */
  jobHead: 'job-head/',
  /** Hot: counters of a member with a model, as of the snapshot that changed them last. */
  trustRow: 'trust-row/',
  /** Hot: the newest trust snapshots, each with the rows as they were before it. */
  trustSnapshot: 'trust-snapshot/',
  /** Hot: assigned jobs: what must be known of them for their outcomes to be counted. */
  trustJob: 'trust-job/',
  /** Hot: outcomes of terminal jobs that no snapshot has folded yet. */
  trustClose: 'trust-close/',
  /** Hot: the latency report that this witness signed last, one for each snapshot. */
  trustReport: 'trust-report',
  /** Hot: when a named request was signed, by that time; the oldest are forgotten. */
  requestTime: 'request-time/',
  /** Hot: certified joins, by peer and token. */
  member: 'member/',
  /** Hot: keys that the operators have revoked. */
  revoked: 'revoked/',
  /** Hot: the epochs behind the founding one, by number. */
  epoch: 'epoch/',
  /** Hot: the order for the next epoch, with all accepts, that this witness has stopped for. */
  epochStop: 'epoch-stop',
  /** Hot: what a handover lists for one place of a chain: no witness votes for anything else there. */
  adopted: 'adopted/',
  /** Hot: values that an earlier epoch's witnesses prepared in an undecided instance: nothing else is decided there. */
  carried: 'carried/',
  /** Hot: the newest closed epoch, what is still taken of it, and whether this peer has come to all that it held. */
  closing: 'closing',
  /** Cold, for the host: this peer holds facts of closed epochs that nobody else does: its next start forgets all facts. */
  astray: 'astray',
  /** Hot: this peer began its ledger anew, and after which epoch: what it said in that one it may have forgotten. */
  anew: 'anew',
  /** Hot: the epoch in which this peer's host has agreed to witness, until it has begun. */
  epochAgreed: 'epoch-agreed',
  /**
   * Hot: lists whose pieces this peer keeps until the change of epoch under way is decided, with their parts: its newest
   * report and proposal, and what it prepared. What each is for isn't written; read again all count as prepared.
   */
  handoverDraft: 'handover-draft/',
  /** Cold: the leaves of a state in which an epoch was closed, by bucket and page; each names its epoch. */
  statePart: 'state-part/',
  /** Cold: decisions that began epochs, by number. */
  epochDecision: 'epoch-decision/',
  /** Cold: pieces of handovers, by their digests: those that were decided, and what the drafts name. */
  handover: 'handover/',
  /** Cold: certificates by chain position. */
  certificate: 'certificate/',
  /** Cold: chain position of an entry id, and of the entry that opened a job under the job's id. */
  entry: 'entry/',
  /** Cold: decisions by job and step. */
  decision: 'decision/',
  /** Cold: decisions that made trust snapshots, by number. */
  trust: 'trust/',
  /** Cold: decisions that settled forks, by account and instance. */
  resolution: 'resolution/',
  /** Cold: the two signed entries that convict an account's owner. */
  fork: 'fork/',
  /** Cold: that this peer holds a body for a job, by digest and job. */
  body: 'body/',
  /** Hot: answers of a job of this peer's account that it doesn't hold yet. */
  wanted: 'wanted/',
  /** Cold: terminal jobs as pages show them. */
  closed: 'closed/',
  /** Cold: index of all jobs by the time this peer first heard of them. */
  jobTime: 'job-time/',
  /** Cold: index of entries and terminal decisions that move credits, by the time this peer applied them. */
  factTime: 'fact-time/',
  /** Cold: the same index for each account and each job that such a fact concerns. */
  factOf: 'fact-of/',
  /** Cold: the entry that one of this peer's own requests became, by the name its asker gave the request. */
  request: 'request/',
  /** Cold: the job that a named submission became, or why it was never opened; forgotten with its name. */
  submission: 'submission/',
  /** Cold: how many submissions were made together under one name. */
  batch: 'batch/',
  /** Cold: what the owner said of a job beyond what is signed: its label, priority and batch. */
  meta: 'meta/',
  /** Cold, of the host: the version of all these records (`migrations.ts`), and how far a step to the next has come. */
  storeVersion: 'store-version',
} as const

export const HOT_PREFIXES: readonly string[] = [
  PREFIXES.account,
  PREFIXES.output,
  PREFIXES.lock,
  PREFIXES.own,
  PREFIXES.open,
  PREFIXES.ballot,
  PREFIXES.proposal,
  PREFIXES.job,
  PREFIXES.run,
  PREFIXES.wanted,
  PREFIXES.deadline,
  PREFIXES.ticket,
  PREFIXES.placed,
  PREFIXES.seal,
  PREFIXES.amnesia,
  PREFIXES.resolving,
  PREFIXES.resolved,
  PREFIXES.forked,
  PREFIXES.jobHead,
  PREFIXES.trustRow,
  PREFIXES.trustSnapshot,
  PREFIXES.trustJob,
  PREFIXES.trustClose,
  PREFIXES.trustReport,
  PREFIXES.requestTime,
  PREFIXES.member,
  PREFIXES.revoked,
  PREFIXES.epoch,
  PREFIXES.epochStop,
  PREFIXES.adopted,
  PREFIXES.carried,
  PREFIXES.closing,
  PREFIXES.anew,
  PREFIXES.epochAgreed,
  PREFIXES.handoverDraft,
]

/**
 * The same text in memory of its own. A part cut out of a key keeps the whole key alive, which for the ids of
 * 100,000 restored accounts is as much again as the ids themselves. Keys are ASCII.
 */
export function ownText(part: string): string {
  return String.fromCharCode.apply(
    undefined,
    Array.from({ length: part.length }, (_, at) => part.charCodeAt(at)),
  )
}

/** Fixed width keeps numeric and key order the same; 16 digits hold every safe integer. */
function padded(value: number): string {
  return value.toString().padStart(16, '0')
}

export const keys = {
  account: (account: AccountId) => `${PREFIXES.account}${account}`,
  output: (owner: AccountId, source: Digest, index: number) =>
    `${PREFIXES.output}${owner}/${source}/${index}`,
  lock: (account: AccountId, seq: number) => `${PREFIXES.lock}${account}/${padded(seq)}`,
  own: (seq: number) => `${PREFIXES.own}${padded(seq)}`,
  open: (job: JobId) => `${PREFIXES.open}${job}`,
  ballot: (instance: InstanceId) => `${PREFIXES.ballot}${instance}`,
  proposal: (instance: InstanceId) => `${PREFIXES.proposal}${instance}`,
  job: (job: JobId) => `${PREFIXES.job}${job}`,
  run: (job: JobId, step: number, slot: number) => `${PREFIXES.run}${job}/${step}/${slot}`,
  deadline: (job: JobId) => `${PREFIXES.deadline}${job}`,
  seal: (job: JobId, step: number) => `${PREFIXES.seal}${job}/${step}`,
  amnesia: PREFIXES.amnesia,
  resolving: (account: AccountId) => `${PREFIXES.resolving}${account}`,
  resolved: (account: AccountId, number: number) => `${PREFIXES.resolved}${account}/${padded(number)}`,
  resolution: (account: AccountId, number: number) => `${PREFIXES.resolution}${account}/${padded(number)}`,
  forked: (account: AccountId) => `${PREFIXES.forked}${account}`,
  fork: (account: AccountId) => `${PREFIXES.fork}${account}`,
  jobHead: (job: JobId) => `${PREFIXES.jobHead}${job}`,
  trustRow: (peer: AccountId, model: Digest) => `${PREFIXES.trustRow}${peer}/${model}`,
  trustSnapshot: (number: number) => `${PREFIXES.trustSnapshot}${padded(number)}`,
  trustJob: (job: JobId) => `${PREFIXES.trustJob}${job}`,
  trustClose: (job: JobId) => `${PREFIXES.trustClose}${job}`,
  trustReport: PREFIXES.trustReport,
  member: (peer: PeerId, token: PeerId) => `${PREFIXES.member}${peer}/${token}`,
  revoked: (key: PeerId) => `${PREFIXES.revoked}${key}`,
  epoch: (number: number) => `${PREFIXES.epoch}${padded(number)}`,
  epochStop: PREFIXES.epochStop,
  adopted: (account: AccountId, seq: number) => `${PREFIXES.adopted}${account}/${padded(seq)}`,
  carried: (instance: InstanceId) => `${PREFIXES.carried}${instance}`,
  closing: PREFIXES.closing,
  astray: PREFIXES.astray,
  anew: PREFIXES.anew,
  epochAgreed: PREFIXES.epochAgreed,
  /** `null` for the digests of all buckets. */
  statePart: (bucket: number | null, page: number) => `${PREFIXES.statePart}${bucket ?? 'buckets'}/${page}`,
  epochDecision: (number: number) => `${PREFIXES.epochDecision}${padded(number)}`,
  handover: (piece: Digest) => `${PREFIXES.handover}${piece}`,
  handoverDraft: (list: Digest) => `${PREFIXES.handoverDraft}${list}`,
  trust: (number: number) => `${PREFIXES.trust}${padded(number)}`,
  certificate: (account: AccountId, seq: number) => `${PREFIXES.certificate}${account}/${padded(seq)}`,
  /** Of an entry, or of the one that opened a job. */
  entry: (entry: Digest) => `${PREFIXES.entry}${entry}`,
  decision: (job: JobId, step: number) => `${PREFIXES.decision}${job}/${padded(step)}`,
  body: (body: Digest, job: JobId) => `${PREFIXES.body}${body}/${job}`,
  wanted: (job: JobId) => `${PREFIXES.wanted}${job}`,
  closed: (job: JobId) => `${PREFIXES.closed}${job}`,
  jobTime: (atMs: number, job: JobId) => `${PREFIXES.jobTime}${padded(atMs)}/${job}`,
  factTime: (atMs: number, source: Digest) => `${PREFIXES.factTime}${padded(atMs)}/${source}`,
  factOf: (subject: AccountId | JobId, atMs: number, source: Digest) =>
    `${PREFIXES.factOf}${subject}/${padded(atMs)}/${source}`,
  request: (name: Digest) => `${PREFIXES.request}${name}`,
  requestTime: (atMs: number, name: Digest) => `${PREFIXES.requestTime}${padded(atMs)}/${name}`,
  ticket: (name: Digest) => `${PREFIXES.ticket}${name}`,
  placed: (job: JobId) => `${PREFIXES.placed}${job}`,
  submission: (name: Digest) => `${PREFIXES.submission}${name}`,
  batch: (name: Digest) => `${PREFIXES.batch}${name}`,
  meta: (job: JobId) => `${PREFIXES.meta}${job}`,
  storeVersion: PREFIXES.storeVersion,
} as const
