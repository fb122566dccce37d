import { expect, it } from 'vitest'
import { testCharter, testSigner } from '../ledger/testing-mind.ts'
import { createPeer } from './peer.ts'

it('a peer that has moved says so at once, signed, and from then on', () => {
  const signers = [0, 1].map(testSigner)
  const [signer] = signers
  if (signer === undefined) throw new Error('there are two')
  const charter = testCharter(signers, 1)
  const mind = createPeer({ signer, charter, rules: charter.rules })
  const claimed = () => mind.view.nodes(1_000).find(({ peer }) => peer === signer.id)?.heartbeat?.addresses
  mind.handle({ type: 'start', boot: 1, addresses: ['/old'], version: 'test' }, 1_000)
  expect(claimed()).toEqual(['/old'])
  const effects = mind.handle({ type: 'addresses', addresses: ['/new'] }, 1_000)
  expect(effects).toContainEqual(expect.objectContaining({ type: 'publish', topic: 'heartbeat' }))
  expect(claimed()).toEqual(['/new'])
  mind.handle({ type: 'connected', peer: signers[1]?.id ?? signer.id }, 1_000)
  expect(claimed()).toEqual(['/new'])
})
