import { type Codec, type ValueOf, variants } from '../encoding/codec.ts'
import { epochValues } from '../epoch/value.ts'
import { jobValues } from '../jobs/value.ts'
import { resolutionValues } from '../ledger/resolution.ts'
import { trustValues } from '../trust/value.ts'

const values = { ...jobValues, ...resolutionValues, ...trustValues, ...epochValues } as const

/** Whatever an agreement may decide; which of them fits an instance is its rules' matter. */
export type Value = ValueOf<typeof values>
export const valueCodec: Codec<Value> = variants(values)
