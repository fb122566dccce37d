import { parentPort, workerData } from 'node:worker_threads'
import { mutantNamed } from '../prover/mutants.ts'
import { installMutant } from '../prover/mutate.ts'
import type { Order } from './messages.ts'

/** One thread of the explorer: explores one model once. */
const { model, depth, mutant } = workerData as Order
if (mutant !== null) installMutant(mutantNamed(mutant))

// Only now may anything of protocol/ be loaded.
const { exploreModel } = await import('./models.ts')
parentPort?.postMessage(exploreModel(model, depth), [])
