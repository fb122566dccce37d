import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { OPEN_SWARM } from '../../protocol/swarm/invitation-text.ts'
import { dataFolder } from '../config/data-folder.ts'
import { writeJoining } from '../config/join-files.ts'
import { createTestedFolder } from '../store/backup/testing-backup.ts'
import { membersText } from './terms.ts'

const SWARM = 'ab'.repeat(32)
const invitation = OPEN_SWARM.write({ swarm: SWARM as never, dial: [] })

async function newFolder() {
  const root = await mkdtemp(join(tmpdir(), 'hyperlooms-terms-'))
  onTestFinished(() => rm(root, { recursive: true }))
  return dataFolder(root)
}

it('whoever is asked is told whose work it would be', async () => {
  const folder = await newFolder()
  expect(await membersText({ folder })).toContain('founds a swarm of its own')
  expect(await membersText({ folder, invitation })).toContain(`members of the swarm ${SWARM}`)
  await writeJoining(folder, invitation)
  expect(await membersText({ folder })).toContain(`members of the swarm ${SWARM}`)
  await createTestedFolder(folder.root, { records: 1, others: 2 })
  expect(await membersText({ folder })).toBe(
    'members of the swarm "tested": 3 founders and whoever they invite',
  )
})

it('an invitation that can’t be read is told before anything is agreed to', async () => {
  await expect(membersText({ folder: await newFolder(), invitation: 'hl1nonsense' })).rejects.toMatchObject({
    code: 'join_text',
  })
})
