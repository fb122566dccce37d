import { describe, expect, it } from 'vitest'
import { isPeerId, type PeerId } from '../../protocol/ids.ts'
import { AddressBook } from './address-book.ts'
import { readPages, writePages } from './address-file.ts'
import {
  ADDRESS_CHARACTERS_MAX,
  ADDRESS_FAILURES_MAX,
  ADDRESSES_PER_PEER_MAX,
  BOOK_PEERS_MAX,
} from './limits.ts'
import { peerIdNamed } from './loopback-swarm.ts'

const A = await peerIdNamed('a')
const B = await peerIdNamed('b')
const at = (port: number, peer: PeerId = A): string => `/ip4/10.0.0.1/tcp/${port}/p2p/${peer}`
const texts = (book: AddressBook, peer: PeerId = A): string[] => book.addresses(peer).map(({ text }) => text)

/** With such a bootstrap list. */
function bookOf(...permanent: string[]): AddressBook {
  return new AddressBook(new Set(permanent), () => undefined)
}

describe('the addresses of one peer', () => {
  it('stand in the order of their promise', () => {
    const book = bookOf()
    book.add(A, at(1), 'rumour')
    book.add(A, at(2), 'self')
    book.add(A, at(3), 'owner')
    book.proved(A, at(4), 1_000)
    expect(texts(book)).toEqual([at(4), at(3), at(2), at(1)])
    book.failed(A)
    expect(texts(book)).toEqual([at(3), at(2), at(4), at(1)])
  })

  it('are no more than the maximum: rumours go first, what works stays', () => {
    const book = bookOf()
    book.proved(A, at(1), 1_000)
    for (let port = 2; port <= ADDRESSES_PER_PEER_MAX; port += 1)
      expect(book.add(A, at(port), 'self')).toBe(true)
    expect(book.add(A, at(100), 'rumour')).toBe(false)
    expect(book.add(A, at(101), 'owner')).toBe(true)
    expect(texts(book)).toHaveLength(ADDRESSES_PER_PEER_MAX)
    expect(texts(book)).toEqual(expect.arrayContaining([at(1), at(101)]))
  })

  it('are replaced by its own word, but for what works, or is named by the owner and may work', () => {
    const book = bookOf(at(6))
    book.add(A, at(1), 'rumour')
    book.add(A, at(2), 'self')
    book.add(A, at(3), 'owner')
    book.add(A, at(6), 'owner')
    book.proved(A, at(4), 1_000)
    book.replace(A, [at(5)])
    expect(texts(book)).toEqual([at(4), at(3), at(6), at(5)])
    book.failed(A)
    book.replace(A, [at(5)])
    expect(texts(book)).toEqual([at(6), at(5)])
  })

  it('are forgotten when they failed too often, but for the bootstrap list', () => {
    const book = bookOf(at(1))
    book.add(A, at(1), 'owner')
    book.add(A, at(3), 'owner')
    book.proved(A, at(2), 1_000)
    for (let failures = 1; failures < ADDRESS_FAILURES_MAX; failures += 1) book.failed(A)
    expect(texts(book)).toEqual([at(1), at(3), at(2)])
    book.failed(A)
    expect(texts(book)).toEqual([at(1)])
  })
})

describe('a full book', () => {
  it('drops whoever was not seen for longest', () => {
    const book = bookOf()
    const peers = manyPeers(BOOK_PEERS_MAX + 1)
    for (const [index, peer] of peers.entries()) book.proved(peer, at(1, peer), 10_000 - index)
    expect(book.peers()).toHaveLength(BOOK_PEERS_MAX)
    // The last one added was seen the longest time ago of all.
    expect(book.peers()).not.toContain(peers.at(-1))
    expect(book.peers()).toContain(peers[0])
  })
})

describe('the file', () => {
  it('gives back what was written', () => {
    const book = bookOf()
    book.add(A, at(1), 'owner')
    book.proved(B, at(2, B), 1_000)
    const restored = bookOf()
    for (const { peer, addresses } of readPages(writePages(book.pages()))) restored.restore(peer, addresses)
    expect(restored.pages()).toEqual(book.pages())
  })

  it('never overrides what this process knows', () => {
    const book = bookOf()
    book.add(A, at(1), 'owner')
    book.restore(A, [{ text: at(1), source: 'rumour', provedMs: 0, failures: 5 }])
    expect(book.addresses(A)).toEqual([{ text: at(1), source: 'owner', provedMs: 0, failures: 0 }])
  })

  const page = (peer: unknown, address: unknown): string =>
    JSON.stringify({ version: 1, peers: [{ peer, addresses: [address] }] })
  const good = { text: at(1), source: 'self', provedMs: 0, failures: 0 }
  it.each([
    ['nothing', ''],
    ['half a file', writePages([{ peer: A, addresses: [] }]).slice(0, -9)],
    ['a list', '[]'],
    ['another version', JSON.stringify({ version: 2, peers: [] })],
    ['peers that are none', JSON.stringify({ version: 1, peers: [null, 1, {}] })],
    ['a peer that is none', page('somebody', good)],
    ["another peer's address", page(B, good)],
    ['no address', page(A, { ...good, text: 'here' })],
    ['no text', page(A, { ...good, text: 7 })],
    [
      'a long text',
      page(A, { ...good, text: `/ip4/1.2.3.4/tcp/1${'/ws'.repeat(ADDRESS_CHARACTERS_MAX)}/p2p/${A}` }),
    ],
    ['an unknown source', page(A, { ...good, source: 'oracle' })],
    ['no number', page(A, { ...good, provedMs: 'now' })],
  ])('that holds %s holds no address', (_, text) => {
    expect(readPages(text).flatMap(({ addresses }) => addresses)).toEqual([])
  })
})

/** Ids that look like any other, without making a key for each. */
function manyPeers(count: number): PeerId[] {
  const alphabet = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'
  return Array.from({ length: count }, (_, index) => {
    const digits = [index % 58, Math.floor(index / 58) % 58].map((digit) => alphabet[digit]).join('')
    const id = `${A.slice(0, -5)}${digits}${A.slice(-3)}`
    if (!isPeerId(id)) throw new Error(`no peer id: ${id}`)
    return id
  })
}
