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
  /**
   * Puts the machine behind a router of its own that lets it out under the router's address and nobody in. The port
   * stays the machine's own, or is another one for every connection: `ports`. Needs `iptables`.
   */
  hide(machine: number, ports?: 'own' | 'random'): Promise<void>
  remove(): Promise<void>
}

/** Needs root and `ip`. `network` is the first three parts of the addresses on the switches. Packets of a cut link vanish, as with a broken cable: no connection is closed by it. */
export async function createMachines(count: number, network = '10.77.0'): Promise<Machines> {
  const hostOf = (at: number): string => `${network}.${at + 1}`
  const hub = `hyperlooms-${process.pid}-hub`
  const routers: string[] = []
  const names = Array.from({ length: count }, (_, at) => `hyperlooms-${process.pid}-${at}`)
  const remove = async () => {
    for (const name of [...names, ...routers, hub]) await ip('netns', 'del', name).catch(() => undefined)
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
      await plug({ hub, port: `port${at}`, name, host: hostOf(at) })
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
    async hide(machine, ports = 'own') {
      const name = names[machine] ?? ''
      const router = `${name}-router`
      const [inside, outside] = [`192.168.${INSIDE + machine}.2`, `192.168.${INSIDE + machine}.1`]
      routers.push(router)
      await ip('netns', 'add', router)
      await ip('-n', hub, 'link', 'del', `port${machine}`)
      await plug({ hub, port: `port${machine}`, name: router, host: hostOf(machine) })
      await ip('-n', router, 'link', 'add', 'eth1', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name)
      await ip('-n', router, 'address', 'add', `${outside}/24`, 'dev', 'eth1')
      await ip('-n', name, 'address', 'add', `${inside}/24`, 'dev', 'eth0')
      await ip('-n', router, 'link', 'set', 'eth1', 'up')
      await ip('-n', name, 'link', 'set', 'eth0', 'up')
      await ip('-n', name, 'route', 'add', 'default', 'via', outside)
      await ip('netns', 'exec', router, 'sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward')
      const masquerade = ['-t', 'nat', '-A', 'POSTROUTING', '-o', 'eth0', '-p', 'tcp', '-j', 'MASQUERADE']
      if (ports === 'random') masquerade.push('--random-fully')
      await ip('netns', 'exec', router, 'iptables', ...masquerade)
      // What nobody inside has asked for vanishes, as at most routers of homes.
      const drop = ['-A', 'INPUT', '-i', 'eth0', '-p', 'tcp', '-j', 'DROP']
      await ip('netns', 'exec', router, 'iptables', ...drop)
    },
    remove,
  }
}

async function ip(...args: readonly string[]): Promise<void> {
  await run('ip', args)
}

interface Plug {
  readonly hub: string
  readonly port: string
  readonly name: string
  readonly host: string
}

/** Connects a namespace to the first switch. */
async function plug({ hub, port, name, host }: Plug): Promise<void> {
  await ip('-n', hub, 'link', 'add', port, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name)
  await ip('-n', hub, 'link', 'set', port, 'master', 'switch0', 'up')
  await ip('-n', name, 'address', 'add', `${host}/24`, 'dev', 'eth0')
  for (const device of ['lo', 'eth0']) await ip('-n', name, 'link', 'set', device, 'up')
}

/** The third part of the first machine's network behind its router. */
const INSIDE = 50

/** Beyond the number of machines. */
const MOVED = 100
