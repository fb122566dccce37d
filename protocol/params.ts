/**
 * Named limits and times of the protocol, each with its reason. A limit on foreign data is inclusive: a value
 * at the maximum is accepted and the next one is refused.
 */

/** One credit in the ledger's units; six decimals are finer than any price worth quoting. */
export const UNITS_PER_CREDIT = 1_000_000n
/** Amounts fit a signed 64-bit integer, so every language can hold them. */
export const AMOUNT_MAX = 2n ** 63n - 1n
/** Smallest transfer or mint in units: storing an output for ever must cost its sender something. */
export const OUTPUT_MIN = 10_000n

export const LIMITS = {
  /** n <= 64 keeps the signer bitmap in eight bytes and a certificate below 5 KiB. */
  witnesses: 64,
  /** Founding members named in a charter; larger swarms grow by invitation. */
  foundingMembers: 64,
  operators: 16,
  minters: 16,
  labelBytes: 64,
  nameBytes: 64,
  memoBytes: 140,
  /** A signed entry's body: sixteen of them fit a resolution's frame, and one a witness's answer about a head. */
  entryBytes: 40_960,
  /** Claims and operations of one entry: it is validated in well under 1 ms. */
  claims: 256,
  operations: 64,
  /** A job spec names at most nine replicas; more adds cost but hardly any confidence. */
  replicas: 9,
  standbys: 9,
  attempts: 3,
  slots: 27,
  /** Bids in an assignment: enough to choose from, and 64 signed bids stay below 32 KiB. */
  bids: 64,
  /** Storage receipts in an assignment: two copies of a prompt survive the loss of one. */
  receipts: 2,
  /** Longest chain of decisions of one job: first assignment, attempts, close. */
  steps: 16,
  /** Priorities of submissions in their own peer's queue: 0 to 9. */
  priority: 9,
  /** Submissions that wait at one peer, 1 KiB each: 10 MiB. */
  queuedJobs: 10_000,
  /** Submissions of one batch: their tickets are one write to the log of less than 1 MiB. */
  batchJobs: 1_000,
  promptBytes: 262_144,
  answerBytes: 262_144,
  modelNameBytes: 128,
  regionBytes: 32,
  /** Evidence travelling with one request or answer; the rest is fetched by further requests. */
  facts: 16,
  missing: 64,
  /** Votes and prepared values listed in one part of a handover or report: their signatures fit one frame's checks. */
  listed: 256,
  carried: 64,
  /**
   * Parts in the list of a handover, which then has 544 KiB: a million ordinary entries or more that never came to a
   * certificate, or 6 GiB of the largest. Each needs an account of its own that was paid `OUTPUT_MIN`, and witnesses bind
   * themselves to no more than three quarters of that together (`ledger/lock-room`).
   */
  handoverParts: 16_384,
  /**
   * Proposers whose lists a judge of the next epoch has in memory: of the proposal that waits, and of the last before.
   * Each list holds at most 64 entries of 40 KiB for a place, 2.5 MiB, so for each account that has credits 64
   * liars fill 10 MiB of a judge, and 6 MiB with their names. A proposer has a list of each witness besides, and of each
   * one entry for such an account (`Gather`): 2.5 MiB where all the others lie.
   */
  judgedLists: 4,
  /** Orders for the next epoch that aren't complete yet: one of each of 16 operators, and as many again; 64 KiB each. */
  orders: 32,
  /** Those that this peer's owner waits for: more are mistakes, of which the oldest is given up. */
  ownOrders: 8,
  /** Entries for one place of a forked chain that a resolution merges: 16 of 40 KiB fit a frame. */
  forkEntries: 16,
  findings: 16,
  /** Nodes and models that one heartbeat reports. */
  nodes: 8,
  models: 32,
  addresses: 16,
  addressBytes: 256,
  /** Identifiers in one ledger announcement. */
  announced: 128,
  /** Frames: the largest honest one of each kind is about half of its limit. */
  gossipBytes: 65_536,
  frameBytes: 1_048_576,
  /** Signatures that one frame may ask us to check: 16 certificates of a swarm of 64 witnesses. */
  signatureChecks: 1_100,
  /** Buckets of the state digest. */
  buckets: 256,
  /** Leaves in one sync answer: at about 150 bytes each they stay below the frame limit. */
  leaves: 2_048,
  /** Leaves in one page of a closed state's bucket: at 190 bytes at most they stay below `closingBytes`. */
  closingLeaves: 1_024,
  /** What one piece of a closed state takes: a page of its leaves. */
  closingBytes: 262_144,
  /** Pages of one bucket: 67 million accounts. Whoever wants to fill one with accounts of its own pays 2,600 credits. */
  closingPages: 256,
  /** Peers of whom a closed state is asked in turn; with 5 s each an honest one has its turn within three minutes. */
  closingSources: 32,
  /** Peers whose showing of closed chains is kept side by side: a long one is shown in several turns. */
  trailSources: 8,
  /** Leaves that a peer which has gone astray names; one is enough to begin anew. */
  astray: 16,
  /** Accounts and instances in one sync fetch: chains of one entry each then take few round trips; 18 KiB. */
  fetched: 256,
  /** Jobs that are not terminal and are held in memory; 40 KiB each bounds them to 40 MiB. */
  openJobs: 1_024,
  /** Closes that one trust snapshot folds: 34 KiB of ids, and tens of milliseconds of work in pieces. */
  closes: 1_000,
  /** Round trips in one latency report: those of 64 witnesses stay below half a frame. */
  reported: 128,
  /** Longest pause that a serving peer may ask for: by then the whole of an honest reader's quota is back. */
  busyMs: 10_000,
  /** Facts waiting for a fact they build on. */
  waitingFacts: 1_024,
  /** Outgoing entries of this peer that are being certified. */
  drivenEntries: 1_024,
  /** Remembered members' heartbeats. */
  heartbeats: 10_000,
} as const

/** How a handover is cut into parts (`epoch/pieces`), and so how many of its parts an entry takes (`ledger/lock-room`). */
export const HANDOVER_PART = {
  /** A part beyond this begins a new one; a single large value has one of its own. */
  bytes: 393_216,
  /** Of an entry beside its body: its signature, and what names it. */
  entryBytes: 256,
  /** Whoever makes entries whose ids end a part gets no part for each of them: a list has room for so many parts only. */
  entriesMin: 64,
} as const

/** Times in milliseconds; all are local durations and none is needed for safety. */
export const TIMES = {
  leaseMs: 1_500,
  graceMs: 500,
  nudgeMs: 1_000,
  deltaMs: 500,
  beaconMs: 200,
  bidGraceMs: 50,
  assignMs: 10_000,
  commitMs: 120_000,
  revealMs: 5_000,
  voidMs: 760_000,
  trustMs: 60_000,
  /** Least distance of two snapshots of trust: a round of sync, by which members hear of them. */
  snapshotMs: 15_000,
  /** A steward with fewer than the bids it hopes for proposes once this has passed and they suffice. */
  bidWindowMs: 120,
  /** Longest wait for storage receipts before a proposal goes out with fewer. */
  storedMs: 200,
  /** First repeat of an unanswered request; it doubles up to `retryMsMax`. */
  retryMs: 400,
  retryMsMax: 5_000,
  /** Reconciliation with one peer after another. */
  syncMs: 15_000,
  /**
   * How long a peer that has gone astray goes on before it begins its ledger anew: four rounds of sync, in which it shows
   * the others what it alone has. If that is a contested place's certificate they choose by it (`ledger/adopted`).
   */
  astrayMs: 60_000,
  heartbeatMsMin: 5_000,
  heartbeatMsMax: 60_000,
} as const

/** Bounds on the times a job spec may choose, so that nobody can hold escrow or witnesses for ever. */
export const SPEC_BOUNDS = {
  assignMs: { min: 1_000, max: 600_000 },
  commitMs: { min: 1_000, max: 3_600_000 },
  revealMs: { min: 500, max: 60_000 },
  voidMs: { min: 5_000, max: 22_000_000 },
  /** At the least one a slot costs each witness 15 frames a second; at the most a death is noticed within a minute. */
  leaseMs: { min: 200, max: 60_000 },
  graceMs: { min: 50, max: 10_000 },
} as const

/** How long bodies are held, in milliseconds and bytes; local, and no decision depends on it. */
export const RETENTION = {
  /** By whoever worked on a job, after its end: a payer that was away for a day finds its answer. */
  bodiesMs: 86_400_000,
  /** A body that no job names, since it was put last: a prompt is named within seconds or was refused. */
  unnamedMs: 3_600_000,
  /** Between two looks for what may go. */
  sweepMs: 600_000,
  /** Prompts and answers that this peer's account paid for; beyond, the oldest days of them go. */
  ownBytes: 10_737_418_240,
  /** Jobs whose answers the payer's peer still asks for: more closed while it was away than a page lists. */
  wantedJobs: 4_096,
  /** Of them asked for at a time: a tenth of the fetches that a host queues. */
  wantedAtOnce: 16,
  /** Longest pause between two times of asking for one answer; the first is `retryMs`. */
  wantedMsMax: 60_000,
} as const

/**
 * Bytes of bodies that one member is given, each request costing `BLOB_REQUEST_BYTES` besides. A witness of 20 jobs a
 * second with answers of the largest size reads 15 MiB a second; the burst is a minute of an ordinary swarm's.
 */
export const BLOB_QUOTA = { perSecond: 16_777_216, burst: 67_108_864 } as const
/** What looking for a body costs as much as: some 0.2 ms, whether it is given or not. */
export const BLOB_REQUEST_BYTES = 4_096

/** Parts per million: the fixed-point unit of trust, cosine and confidence. */
export const PPM = 1_000_000

/** Bytes of an unreadable frame for one unit; a mebibyte of them can keep the mind busy for half a second. */
export const WASTE_UNIT_BYTES = 1_024
/**
 * Unreadable frames of one sender: a version's mistake passes, a flood doesn't. The largest frame costs four times
 * the burst, hence a minute in which nothing of that sender is read.
 */
export const WASTE_QUOTA = { perSecond: 16, burst: 256 } as const

/**
 * What one sender may make this peer do at intake, by kind: a frame costs one unit and each signature in it
 * another, some 70 us. A kind's burst always holds the costliest frame that the limits allow. These are for four
 * witnesses and jobs of three replicas; where frames grow with the quorum, `intake/quota` lets the budget grow with them.
 */
export const INTAKE_QUOTAS = {
  /** Rates of a busy honest member are a tenth of it; all its kinds together are still answered in real time. */
  usual: { perSecond: 1_024, burst: 8_192 },
  /** A steward of many wallets: 1,000 entries a second, each with its owner's signature and some evidence. */
  certify: { perSecond: 4_096, burst: 16_384 },
  /** Votes for as many entries as one driver may have open, each asked for anew every 400 ms. */
  vote: { perSecond: 8_192, burst: 16_384 },
  /** Facts that weren't asked for: what 1,000 driven entries are answered with that are certified already. */
  facts: { perSecond: 4_096, burst: 16_384 },
} as const

/**
 * Of one connection's budget for a gossiped kind, what frames of one signer may take that somebody else passes on: an
 * eighth in the long run, 64 a second. Five are an honest signer's rate. So a signer that floods a correct forwarder
 * leaves it the rest.
 */
export const FORWARDED_QUOTA = { perSecond: 128, burst: 1_024 } as const

/** Requests for facts whose answers one peer may still owe; a pull makes one at a time, missing links a few more. */
export const FETCHES_OWED = 4

/** Pieces of handovers that one peer may still owe: two parts of each of two lists, and the lists. */
export const PIECES_OWED = 6

/**
 * Facts that one `sync-fetch` brings; whoever needs more asks again from where it then stands. Verifying them takes the asker longer than a round trip, so neither waits
 * for the other; half a MiB of them fit any queue on the way.
 */
export const SERVED_FACTS = 512

/**
 * Bytes of facts and leaves that one peer is given. A peer that levels up as fast as two cores can verify reads
 * 3 MiB a second; a connection of 100 Mbit/s carries 12. Beyond it is told how long to wait.
 */
export const SERVE_QUOTA = { perSecond: 8_388_608, burst: 33_554_432 } as const
