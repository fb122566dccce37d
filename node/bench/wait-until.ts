import type { Daemon } from '../daemon.ts'

/** Resolves once `holds`; looks again whenever the peer tells of a change. */
export function waitUntil({ subscribe }: Pick<Daemon, 'subscribe'>, holds: () => boolean): Promise<void> {
  if (holds()) return Promise.resolve()
  return new Promise((resolve) => {
    const end = subscribe(() => {
      if (!holds()) return
      end()
      resolve()
    })
  })
}
