import type { Infer } from '../encoding/codec.ts'
import type { offerCodec } from './spec.ts'

/** What one node offers for one job: price, model and the state its score is made from. */
export type Offer = Infer<typeof offerCodec>
