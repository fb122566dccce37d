/** Why a frame was dropped before any rule saw it. Never renamed: metrics and gossip scores go by them. */
export const DROP_CODES = [
  'too_large',
  'malformed',
  'not_canonical',
  'wrong_type',
  'out_of_range',
  'unknown_field',
  'missing_field',
  'unknown_kind',
  'foreign_swarm',
  'wrong_channel',
  'not_a_member',
  'wrong_sender',
  'unexpected_signature',
  'too_many_signatures',
  'unknown_epoch',
  'no_quorum',
  'bad_signature',
  'duplicate',
  'over_quota',
] as const
export type DropCode = (typeof DROP_CODES)[number]

/**
 * Whether a dropped frame is held against whoever passed it on. Every correct peer judges a gossiped frame before it
 * forwards it, so a forwarder answers for what the frame alone proves to anybody: its size, its encoding, its shape,
 * the quorums of an epoch, its signatures. It doesn't answer for what depends on where a peer stands: members and
 * epochs that it has heard of or not, what it has seen already, and budgets, its signer's or its own. Those differ from
 * peer to peer, and a signer that overran its budget did that, not whoever believed it.
 */
export const IS_FORWARDERS_FAULT: Readonly<Record<DropCode, boolean>> = {
  too_large: true,
  malformed: true,
  not_canonical: true,
  wrong_type: true,
  out_of_range: true,
  unknown_field: true,
  missing_field: true,
  // The topic's name has the protocol's version, and with it the kinds.
  unknown_kind: true,
  foreign_swarm: true,
  wrong_channel: true,
  not_a_member: false,
  wrong_sender: true,
  unexpected_signature: true,
  too_many_signatures: true,
  unknown_epoch: false,
  no_quorum: true,
  bad_signature: true,
  duplicate: false,
  over_quota: false,
}
