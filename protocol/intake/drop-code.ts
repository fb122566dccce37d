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
