import type { Verified } from '../crypto/verified.ts'
import type { Channel, Topic } from '../encoding/kinds.ts'
import type { BlobRef, Digest, JobId, PeerId } from '../ids.ts'
import type { Message } from '../intake/message.ts'
import type { Sampling } from '../jobs/spec.ts'
import type { Write } from '../records/record.ts'
import type { Answer, Comparator } from '../verification/verdict.ts'
import type { CommandResult } from './command.ts'
import type { EpochResult } from './epoch-command.ts'

/** Why cold records are loaded; it comes back with them, so nothing has to be remembered meanwhile. */
export type LoadPurpose =
  /** Facts asked for by `to`. */
  | { readonly type: 'serve'; readonly to: PeerId }
  /** Facts that the certify request for this peer's or another's driven entry needs as evidence at `to`. */
  | { readonly type: 'evidence'; readonly to: PeerId; readonly entry: Digest }
  /** A piece of a handover that this peer needs, or that `to` asked for. */
  | { readonly type: 'handover'; readonly piece: Digest }
  | { readonly type: 'handover-serve'; readonly to: PeerId }
  /** Chain positions of entries asked for by id; the facts themselves are loaded next. */
  | { readonly type: 'positions'; readonly to: PeerId }
  /** A piece of the state in which epoch `number` found the swarm, asked for by `to`. */
  | {
      readonly type: 'closing'
      readonly to: PeerId
      readonly number: number
      readonly bucket: number | null
      readonly page: number
    }

/** One replica's work. Jobs and slots identify it; a repeat of the same is a no-op for the host. */
export interface RunOrder {
  readonly job: JobId
  readonly step: number
  readonly slot: number
  readonly prompt: BlobRef
  readonly model: string
  readonly sampling: Sampling
}

/** An answer to be judged: like `Answer`, its text still a blob. */
export type AnswerRef = Omit<Answer, 'text'> & { readonly answer: BlobRef }

interface Stamped {
  /** Log position that must be synced before this effect leaves the machine. */
  readonly after: number
}

/**
 * What a mind asks of its body. The host carries `persist` out in order and holds back everything else until
 * its `after` is synced; a failed write stops the peer.
 */
export type Effect =
  | { readonly type: 'persist'; readonly position: number; readonly writes: readonly Write[] }
  | ({
      readonly type: 'send'
      readonly to: PeerId
      readonly channel: Channel
      readonly frame: Uint8Array
    } & Stamped)
  | ({ readonly type: 'publish'; readonly topic: Topic; readonly frame: Uint8Array } & Stamped)
  | ({ readonly type: 'respond'; readonly command: number; readonly result: CommandResult } & Stamped)
  | ({ readonly type: 'epoch-result'; readonly command: number; readonly result: EpochResult } & Stamped)
  | ({ readonly type: 'run'; readonly order: RunOrder } & Stamped)
  | ({ readonly type: 'stop-run'; readonly job: JobId } & Stamped)
  /** The commit to the answer of this run is in enough hands: whoever is shown it as it comes may have its end, too. */
  | ({ readonly type: 'release'; readonly job: JobId; readonly step: number } & Stamped)
  | ({
      readonly type: 'compute'
      readonly token: string
      readonly answers: readonly AnswerRef[]
      readonly comparator: Comparator
    } & Stamped)
  /**
   * Bring a body here for a job, from the first of `from` that has it. The own store counts only where this peer holds
   * it for this job (`jobs/holdings`). Answered by `fetched` under the same token. `care`: a `plain` copy may be lost
   * with the machine's power; a `synced` one may not, since something is signed on it; one to `keep` is synced, and
   * looked for elsewhere where none of `from` gives it.
   */
  | ({
      readonly type: 'fetch'
      readonly token: string
      readonly job: JobId
      readonly blob: BlobRef
      readonly from: readonly PeerId[]
      readonly care: 'plain' | 'synced' | 'keep'
    } & Stamped)
  | ({ readonly type: 'load'; readonly keys: readonly string[]; readonly purpose: LoadPurpose } & Stamped)
  /**
   * A message of this mind to itself: the host hands it back as an event of its own, after the effects before
   * it were taken. It waits for no position, since whatever follows from it does. A crash may lose it like any
   * other message; its sender repeats it.
   */
  | { readonly type: 'to-self'; readonly message: Verified<Message> }
  /** A key became a member or was revoked: the host looks it up in the roster and admits or expels it. */
  | ({ readonly type: 'roster'; readonly key: PeerId } & Stamped)
  | { readonly type: 'timer'; readonly id: string; readonly delayMs: number }
  | { readonly type: 'cancel-timer'; readonly id: string }
  | ({ readonly type: 'notify'; readonly job: string | null } & Stamped)
