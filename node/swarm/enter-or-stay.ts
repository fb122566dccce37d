import { type EnterOptions, enterSwarm } from './enter-swarm.ts'
import { AlreadyMember } from './join-error.ts'

/**
 * For a peer that is to run in any case: enters a swarm by an invitation, unless it is a member of it already, and goes on
 * with a join that was begun before. What is to be said of it; undefined where there is nothing to redeem. Throws as
 * `enterSwarm` does, also for an invitation into another swarm than the folder's.
 */
export async function enterOrStay(options: Omit<EnterOptions, 'isNewcomer'>): Promise<string | undefined> {
  try {
    const charter = await enterSwarm({ ...options, isNewcomer: options.invitation !== undefined })
    return charter && `This peer is a member of "${charter.name}".`
  } catch (error) {
    if (!(error instanceof AlreadyMember)) throw error
    const { name, swarm } = error.own
    return `This peer is a member of "${name}" (${swarm}) already, and starts as one: the invitation isn't redeemed, and stays good for somebody else. To redeem it all the same, stop the peer and run "hyperlooms swarm join" with --yes.`
  }
}
