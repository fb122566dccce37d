import { expect, it } from 'vitest'
import { createNobleSigner } from '../../protocol/crypto/noble-signer.ts'
import { watchStanding } from './watch-standing.ts'

const { id: self } = createNobleSigner(new Uint8Array(32).fill(7))
const { id: other } = createNobleSigner(new Uint8Array(32).fill(8))

function watched() {
  const state = { isRevoked: false, isWitness: false, refusedBy: [] as (typeof other)[] }
  const said: string[] = []
  let changed = (): void => undefined
  const watch = watchStanding({
    view: { self, roster: { isRevoked: () => state.isRevoked, isWitness: () => state.isWitness } },
    network: { refusedBy: () => state.refusedBy },
    subscribe: (listener) => {
      changed = listener
      return () => (changed = () => undefined)
    },
    warn: (sentence) => said.push(sentence),
  })
  return { state, said, watch, changed: () => changed() }
}

it('says once that others refuse this peer, and again after they took it', () => {
  const { state, said, watch, changed } = watched()
  expect(said).toEqual([])
  state.refusedBy = [other]
  watch.look()
  watch.look()
  expect(said).toEqual([expect.stringContaining('Others refuse this peer: it may have been revoked')])
  state.refusedBy = []
  changed()
  state.refusedBy = [other]
  changed()
  expect(said).toHaveLength(2)
})

it('tells a revoked witness what comes next, and then that it is out', () => {
  const { state, said, watch, changed } = watched()
  Object.assign(state, { isRevoked: true, isWitness: true })
  changed()
  expect(said).toEqual([expect.stringContaining(`swarm demote ${self}`)])
  state.isWitness = false
  changed()
  expect(said[1]).toContain('have revoked this peer')
  watch.close()
  state.isRevoked = false
  changed()
  expect(said).toHaveLength(2)
})
