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
/**
 * Connections of one address that have not proved who they are yet: several peers of one machine start
 * together, but no machine holds all the places of `INBOUND_PENDING_MAX`.
 */
export const PENDING_PER_HOST_MAX = 32

/**
 * From the proof of its key to the end of a stranger's connection, which may only redeem an invitation: the
 * gate promises 10 s, a tenth is left for a busy event loop.
 */
export const STRANGER_MS = 9_000
/** Strangers connected at a time: an office joins together, a crowd takes a quarter of the connections. */
export const STRANGERS_MAX = 64
export const STRANGERS_PER_HOST_MAX = 16
/** An invitation's redemption or a join certificate. */
export const JOIN_FRAME_BYTES = 64 * KIB
/** From the stream's opening to the answer; it must reach the stranger before its connection ends. */
export const JOIN_MS = 8_000
/** Of one connection: one that is answered and one that is tried again. */
export const JOIN_STREAMS = 2
/** Requests being judged at a time, each a few signatures and a round of the witnesses. */
export const JOINS_MAX = 32
/** Of one address, which may open a stream and say nothing. */
export const JOINS_PER_HOST_MAX = 16

/** One address of several: one that drops packets must not use up the time of those after it. */
export const ADDRESS_DIAL_MS = 2_500
/** Pings measure latency and find dead connections; a busy event loop must not look like a dead peer. */
export const PING_EVERY_MS = 10_000
export const PING_TIMEOUT_MS = 15_000
/** Characters kept of what a peer says it runs: enough to show, too few to hurt a page. */
export const AGENT_CHARACTERS = 64

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

/** Answers as they come, each to a reader of one run: to one peer, over however many connections, and to all together. */
export const TOKEN_STREAMS = 8
export const TOKEN_STREAMS_MAX = 64
/** One frame of text; a stream's answer is bounded by whoever reads it. */
export const TOKEN_FRAME_BYTES = 16 * KIB
/** From the opening of the stream to its request. */
export const TOKEN_REQUEST_MS = 5_000
/** A job's attempts end within so long unless its payer asked for longer ones; whoever still reads then opens a stream anew. */
export const TOKEN_MS = 900_000

/** Messages being validated: about one second of work; more are ignored and come back by sync. */
export const GOSSIP_VALIDATING_MAX = 1_024
/** Frames published before anybody listens: a starting peer's first heartbeat, offers and announcements. */
export const GOSSIP_EARLY_MAX = 64
/** Heartbeats of gossipsub, one a second, within which a connected peer has long said what it listens to. */
export const GOSSIP_DEAF_BEATS = 3
/** One packet of a peer: several of the largest messages answering one request for them. */
export const GOSSIP_PACKET_BYTES = 4 * MIB
/** Waiting for one slow peer; above it its stream is reset and opened again within a second. */
export const GOSSIP_QUEUE_BYTES = 8 * MIB

/** Ports below this belong to services of the system, at which no member may aim another by naming an address. */
export const LEARNT_PORT_MIN = 1_024
/** Addresses kept for one peer: a few interfaces with two transports each. */
export const ADDRESSES_PER_PEER_MAX = 8
/** Members whose addresses are kept: ten times the largest swarm that is meant. */
export const BOOK_PEERS_MAX = 1_024
/** As long as a heartbeat's may be, and as many as it carries. */
export const ADDRESS_CHARACTERS_MAX = 256
export const OWN_ADDRESSES_MAX = 16
/** An address that failed this often since it last worked is forgotten: with redials a minute apart, hours. */
export const ADDRESS_FAILURES_MAX = 100
/** A changed address book is written this long after the change, so that a burst is written once. */
export const BOOK_SAVE_MS = 2_000
/** A file that this program wrote is smaller; a larger one isn't read. */
export const BOOK_CHARACTERS_MAX = 4 * MIB
/**
 * Dials to addresses that nobody has proved yet, of one peer: so many at once, and then one in so many
 * milliseconds. What a member claims costs whoever it names a handful of connections a minute from each peer.
 */
export const UNPROVEN_DIALS = 8
export const UNPROVEN_DIAL_MS = 10_000

/** Known members are redialled with this backoff: a peer that returns dials by itself, so no hurry. */
export const REDIAL_KNOWN_MS_MAX = 60_000
/** Members this peer connects to by itself; the others connect to it or are dialled when something is sent. */
export const CONNECTED_TARGET = 64
/** Dials under way at a time, and addresses tried for one peer. */
export const DIALS_MAX = 32

/** Connected members are asked for others' addresses at once, then this often in turn. */
export const EXCHANGE_EVERY_MS = 60_000
/** One exchange from opening to answer. */
export const EXCHANGE_MS = 5_000
/** Addresses in one answer: the recently seen half of a large swarm; the next member knows the others. */
export const EXCHANGED_MAX = 256
export const EXCHANGE_BYTES_MAX = 128 * KIB
/** Of one connection. */
export const EXCHANGE_STREAMS = 2
/** Members looked up in the hash table at a time, one round after the other this far apart. */
export const LOOKUPS_MAX = 4
export const LOOKUP_EVERY_MS = 60_000
export const LOOKUP_MS = 10_000
/** Bodies that one member is remembered to hold, those of all members, and for how long: 2 MiB of memory. */
export const PROVIDERS_PER_MEMBER_MAX = 256
export const PROVIDERS_MAX = 16_384
export const PROVIDER_MS = 3_600_000
/** Telling where a body is asks some twenty members: two bodies a second, the newest first, the rest isn't told. */
export const PROVIDE_EVERY_MS = 500
export const PROVIDE_WAITING_MAX = 256
/** One telling, from the lookup to the last answer. */
export const PROVIDE_MS = 10_000
/** Own addresses are compared with those of the interfaces: nothing tells a process that they changed. */
export const OWN_ADDRESSES_EVERY_MS = 2_000
/** A connection that may have died with an address must answer a ping within this time, or is closed. */
export const PROBE_MS = 3_000
/** Identify on a new connection is tried until the other end knows us as a member, with this backoff. */
export const IDENTIFY_MS = 250
export const IDENTIFY_MS_MAX = 8_000
/** Queries to the local network: a newcomer waits for no one, as it asks itself when it starts. */
export const MDNS_EVERY_MS = 30_000
/** Contacts in one bucket of the hash table, and peers asked in parallel: swarms have tens of members. */
export const DHT_BUCKET = 16
export const DHT_PARALLEL = 3
/** Members without a way in that this peer relays for, and relayed connections of one of them. */
export const RELAYED_MAX = 32
export const RELAY_STREAMS = 64
/** One try of two peers to open a direct connection in place of a relayed one: a lost packet is sent again after 1 s. */
export const PUNCH_MS = 5_000
/** A try fails where a packet is refused before the other end has dialled; a router that can't be passed stays so. */
export const PUNCHES = 3
