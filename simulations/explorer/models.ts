import { competingProposersModel } from './competing-proposers.ts'
import { forkingOwnerModel } from './forking-owner.ts'
import { forkingProposerModel } from './forking-proposer.ts'
import type { Model } from './model.ts'
import { MODEL_NAMES, type ModelName } from './model-names.ts'
import { type Exploration, search } from './search.ts'

/** At some 300 bytes each they stay well below a gigabyte. */
const STATES_MAX = 1_500_000

const MODELS: Readonly<Record<ModelName, () => Model>> = {
  'forking-owner-3': () => forkingOwnerModel(3),
  'forking-owner-4': () => forkingOwnerModel(4),
  'forking-proposer-4': forkingProposerModel,
  'competing-proposers-3': () => competingProposersModel(3),
  'competing-proposers-4': () => competingProposersModel(4),
}

/** Explores a model as deep as it is wanted, by default as deep as the model itself says. */
export function exploreModel(name: string, depth: number | undefined): Exploration {
  const known = MODEL_NAMES.find((one) => one === name)
  if (known === undefined) throw new RangeError(`there is no model ${name}`)
  const model = MODELS[known]()
  return search(model, { depth: depth ?? model.depth, states: STATES_MAX })
}
