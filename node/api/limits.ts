import { LIMITS } from '../../protocol/params.ts'

/** Bounds of the server, each with its reason. */
export const SERVER_LIMITS = {
  /** The longest prompt with every byte written as a six-character escape, and room for the other fields. */
  bodyBytes: 6 * LIMITS.promptBytes + 16_384,
  /** A peer id has 52 characters and a digest 64; longer parts of a path name nothing. */
  pathPartCharacters: 128,
  /** The body of an honest request crosses any link within seconds. */
  requestTimeoutMs: 30_000,
  headersTimeoutMs: 10_000,
  /** Sockets that neither send nor read, apart from WebSockets, which are pinged. */
  idleTimeoutMs: 60_000,
  /** A page opens six; a hundred pages and as many scripts fit. */
  connections: 1_024,
  /** A page opens two. */
  sockets: 256,
  /** Clients have nothing to say on a socket, so anything longer than a ping is a mistake. */
  socketInputBytes: 1_024,
  /** A reader this far behind when there is something new isn't reading. */
  socketBacklogBytes: 1_048_576,
  /** Twenty updates a second are more than an eye can follow. */
  jobUpdateMs: 50,
  networkUpdateMs: 250,
  /** A socket that answers no ping for one of these is dead. */
  pingMs: 30_000,
  /** How long sockets get to say goodbye when the server stops. */
  goodbyeMs: 1_000,
  /** Loopback is the owner: this only stops a script that runs wild. */
  loopbackRequestsPerMinute: 60_000,
  remoteRequestsPerMinute: 600,
  /** Nobody mistypes a key of 256 bits more often within a minute; a guesser gets no further than this either. */
  keyFailuresPerMinute: 10,
  /** Addresses whose failures are counted; when there are more, the oldest window is forgotten. */
  keyFailureAddresses: 10_000,
  /** A key has 47 characters. */
  keyCharacters: 128,
  /** An operation waits for earlier ones of its account; certifying those takes far less with a quorum in reach. */
  operationTimeoutMs: 10_000,
  /** Characters of a prompt shown in a list. */
  previewCharacters: 140,
} as const
