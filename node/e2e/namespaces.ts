import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const PORT = 9_000
const run = promisify(execFile)

/** Machines of a small network: each a network namespace with one interface on a switch in the middle. */
export interface Machines {
  readonly places: readonly {
    readonly host: string
    readonly port: number
    readonly prefix: readonly string[]
  }[]
  /** Puts each machine on the switch of that number: those on different ones can't reach each other. */
  split(switches: readonly number[]): Promise<void>
  /** Gives the machine another address in the same network, which is returned; the one before is gone at once. */
  move(machine: number): Promise<string>
  remove(): Promise<void>
}

/** Needs root and `ip`. Packets of a cut link vanish, as with a broken cable: no connection is closed by it. */
export async function createMachines(count: number): Promise<Machines> {
  const hub = `hyperlooms-${process.pid}-hub`
  const names = Array.from({ length: count }, (_, at) => `hyperlooms-${process.pid}-${at}`)
  const ip = async (...args: readonly string[]) => void (await run('ip', args))
  const remove = async () => {
    for (const name of [...names, hub]) await ip('netns', 'del', name).catch(() => undefined)
  }
  try {
    await ip('netns', 'add', hub)
    for (const bridge of ['switch0', 'switch1']) {
      // A switch that looks into multicast drops what no router has asked for.
      await ip('-n', hub, 'link', 'add', bridge, 'type', 'bridge', 'mcast_snooping', '0')
      await ip('-n', hub, 'link', 'set', bridge, 'up')
    }
    for (const [at, name] of names.entries()) {
      await ip('netns', 'add', name)
      await ip('-n', hub, 'link', 'add', `port${at}`, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name)
      await ip('-n', hub, 'link', 'set', `port${at}`, 'master', 'switch0', 'up')
      await ip('-n', name, 'address', 'add', `${hostOf(at)}/24`, 'dev', 'eth0')
      for (const device of ['lo', 'eth0']) await ip('-n', name, 'link', 'set', device, 'up')
      await ip('-n', name, 'route', 'add', '224.0.0.0/4', 'dev', 'eth0')
    }
  } catch (error) {
    await remove()
    throw error
  }
  return {
    places: names.map((name, at) => ({
      host: hostOf(at),
      port: PORT,
      prefix: ['ip', 'netns', 'exec', name],
    })),
    async split(switches) {
      for (const [at, number] of switches.entries())
        await ip('-n', hub, 'link', 'set', `port${at}`, 'master', `switch${number}`)
    },
    async move(machine) {
      const name = names[machine] ?? ''
      await ip('-n', name, 'address', 'add', `${hostOf(MOVED + machine)}/24`, 'dev', 'eth0')
      // The first address of a network takes those after it along when it goes, so the new one is added again.
      await ip('-n', name, 'address', 'del', `${hostOf(machine)}/24`, 'dev', 'eth0')
      await ip('-n', name, 'address', 'replace', `${hostOf(MOVED + machine)}/24`, 'dev', 'eth0')
      return hostOf(MOVED + machine)
    },
    remove,
  }
}

/** Beyond the number of machines. */
const MOVED = 100

function hostOf(at: number): string {
  return `10.77.0.${at + 1}`
}
