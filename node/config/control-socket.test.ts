import { once } from 'node:events'
import { lstat, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { connect, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { dataFolder } from './data-folder.ts'
import { findControlSocket, openControlSocket } from './control-socket.ts'

async function build(name = 'data') {
  const top = await mkdtemp(join(tmpdir(), 'hl-'))
  onTestFinished(() => rm(top, { recursive: true }))
  const runtime = join(top, 'run')
  await mkdir(runtime)
  const folder = dataFolder(join(top, name))
  await mkdir(folder.root, { recursive: true, mode: 0o700 })
  const servers: Server[] = []
  const listen = async (path: string): Promise<void> => {
    const server = createServer((socket) => socket.end())
    servers.push(server)
    server.listen(path)
    await once(server, 'listening')
  }
  onTestFinished(() => servers.forEach((server) => server.close()))
  return { folder, runtime, listen }
}

async function answers(path: string): Promise<boolean> {
  const socket = connect(path)
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

const TOO_LONG = 'x'.repeat(120)

it('the socket lies in the data folder, for its owner only', async () => {
  const { folder, runtime, listen } = await build()
  const close = await openControlSocket(folder, listen, runtime)
  expect(await findControlSocket(folder)).toBe(folder.controlSocket)
  expect(((await stat(folder.controlSocket)).mode & 0o777).toString(8)).toBe('600')
  expect(await answers(folder.controlSocket)).toBe(true)
  await close()
  expect(await readdir(folder.root)).toEqual([])
})

it('a path too long for a socket leads to a private folder elsewhere, which is removed at the end', async () => {
  const { folder, runtime, listen } = await build(TOO_LONG)
  const close = await openControlSocket(folder, listen, runtime)
  const path = await findControlSocket(folder)
  expect(dirname(dirname(path))).toBe(runtime)
  expect(((await stat(dirname(path))).mode & 0o777).toString(8)).toBe('700')
  expect(((await stat(path)).mode & 0o777).toString(8)).toBe('600')
  expect(await answers(path)).toBe(true)
  await close()
  expect(await readdir(runtime)).toEqual([])
  expect(await readdir(folder.root)).toEqual([])
})

it.each(['data', TOO_LONG])('what a killed process left is replaced (%s)', async (name) => {
  const { folder, runtime, listen } = await build(name)
  await openControlSocket(folder, listen, runtime)
  const before = await findControlSocket(folder)
  await openControlSocket(folder, listen, runtime)
  const after = await findControlSocket(folder)
  expect(await answers(after)).toBe(true)
  if (name === TOO_LONG) await expect(lstat(dirname(before))).rejects.toMatchObject({ code: 'ENOENT' })
})

it('a file in its place is replaced, and a damaged record removes nothing else', async () => {
  const { folder, runtime, listen } = await build()
  const precious = join(runtime, 'precious')
  await mkdir(precious)
  await writeFile(join(precious, 'control.sock'), 'mine')
  await writeFile(folder.controlPath, join(precious, 'control.sock'))
  await writeFile(folder.controlSocket, 'no socket')
  await openControlSocket(folder, listen, runtime)
  expect(await answers(await findControlSocket(folder))).toBe(true)
  expect(await readdir(precious)).toEqual(['control.sock'])
})

it('a folder whose file system takes no sockets has it elsewhere', async () => {
  const { folder, runtime, listen } = await build()
  const refused: string[] = []
  const picky = async (path: string): Promise<void> => {
    if (path !== folder.controlSocket) return listen(path)
    refused.push(path)
    throw Object.assign(new Error('no'), { code: 'EPERM' })
  }
  await openControlSocket(folder, picky, runtime)
  expect(refused).toEqual([folder.controlSocket])
  expect(dirname(dirname(await findControlSocket(folder)))).toBe(runtime)
})

it('any other failure is told', async () => {
  const { folder, runtime } = await build()
  const broken = () => Promise.reject(Object.assign(new Error('no'), { code: 'EMFILE' }))
  await expect(openControlSocket(folder, broken, runtime)).rejects.toMatchObject({ code: 'EMFILE' })
})
