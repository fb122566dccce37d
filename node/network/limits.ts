/** Named limits and times of the network, each with its reason. */

const KIB = 1024
const MIB = 1024 * KIB

/** Connections in both directions together: a swarm of 100 with twice as many streams fits a small machine. */
export const CONNECTIONS_MAX = 256
/**
 * Peers behind one address and handshakes under way. The defaults (5 a second, 10) refuse honest peers when
 * a machine starts a swarm; a handshake costs about 2 ms, so 64 a second stay below an eighth of a core.
 */
export const INBOUND_PER_HOST_PER_SECOND = 64
export const INBOUND_PENDING_MAX = 64
/** From an accepted socket to an encrypted connection; a slow honest peer needs a few round trips. */
export const HANDSHAKE_MS = 5_000
export const DIAL_MS = 5_000
/** Pings measure latency and find dead connections; a busy event loop must not look like a dead peer. */
export const PING_EVERY_MS = 10_000
export const PING_TIMEOUT_MS = 15_000
/** Characters kept of what a peer says it runs: enough to show, too few to hurt a page. */
export const AGENT_CHARACTERS = 64

/** Largest request and answer of `join`: a charter with every list at its maximum. */
export const JOIN_FRAME_BYTES = 64 * KIB
/** One request, judged and answered. */
export const JOIN_MS = 8_000
export const JOIN_STREAMS = 2
/** Requests being judged at a time. */
export const JOINS_MAX = 128
/** How long a stranger may stay connected. */
export const STRANGER_MS = 10_000

/** Redials of a bootstrap peer: quick at first as peers start together, at most 5 s so a return is noticed. */
export const REDIAL_MS = 100
export const REDIAL_MS_MAX = 5_000
/** Head start of the lower id when two peers know each other, so that they rarely dial at the same moment. */
export const REDIAL_HEAD_START_MS = 150

/** All streams of one connection: 5 channels, gossip, ping, identify and 32 blobs, doubled for reopening. */
export const STREAMS_PER_CONNECTION = 128
/** One stream a channel, and room for successors of streams whose end hasn't been noticed yet. */
export const STREAMS_PER_CHANNEL = 4
export const BLOB_STREAMS = 32
/** Bytes a sender may have in flight on one stream: fills 100 ms at 80 Mbit/s. */
export const STREAM_WINDOW_BYTES = MIB
/** A window and a partly received frame fit several times over. */
export const READ_BUFFER_BYTES = 4 * MIB

/** Frames waiting for one peer and channel: seconds of the busiest witness traffic. */
export const QUEUE_FRAMES_MAX = 1_024
/** Bytes waiting for one peer and channel: a few of the largest frames. */
export const QUEUE_BYTES_MAX = 4 * MIB
/** Bytes waiting for all peers: dead links to a whole swarm must not exhaust memory. */
export const QUEUE_BYTES_TOTAL_MAX = 64 * MIB
/** One write: amortises the framing and the cipher, and stays below the first stream window. */
export const BATCH_BYTES = 128 * KIB
/** A peer that takes nothing for this long gets a new stream, and the waiting frames are lost. */
export const WRITE_STALL_MS = 10_000
/** After a failed dial frames to that peer are dropped for this long instead of each causing a dial. */
export const UNREACHABLE_MS = 500
/** A sender closes an idle stream; a receiver gives up later, so honest streams are closed by their sender. */
export const IDLE_SEND_MS = 300_000
export const IDLE_RECEIVE_MS = 600_000

/** Blobs are prompts and answers: 256 KiB each by the protocol's limits. */
export const BLOB_BYTES_MAX = 256 * KIB
export const BLOB_CHUNK_BYTES = 32 * KIB
/** 256 KiB at a quarter of a Mbit/s. */
export const BLOB_MS = 10_000

/** Messages being validated: about one second of work; more are ignored and come back by sync. */
export const GOSSIP_VALIDATING_MAX = 1_024
/** Frames published before anybody listens: a starting peer's first heartbeat, offers and announcements. */
export const GOSSIP_EARLY_MAX = 64
/** One packet of a peer: several of the largest messages answering one request for them. */
export const GOSSIP_PACKET_BYTES = 4 * MIB
/** Waiting for one slow peer; above it its stream is reset and opened again within a second. */
export const GOSSIP_QUEUE_BYTES = 8 * MIB
