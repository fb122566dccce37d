import type { Command } from 'commander'
import type { Consent } from '../../protocol/api/control-schema.ts'
import type { ApiFlags } from './api.ts'
import { print, printJson } from './output.ts'
import { controlOptions, reachControl } from './reach.ts'

type Flags = Pick<ApiFlags, 'data' | 'json'>

/** `consent`: whether this machine works for others, and taking that back. */
export function addConsent(program: Command): void {
  const consent = program.command('consent').description('whether this machine works for others')
  const show = consent.command('show', { isDefault: true }).description('say what was agreed to, and when')
  controlOptions(show).action(async (flags: Flags) => {
    tell(await (await reachControl(flags)).getConsent(), flags)
  })
  const accept = consent.command('accept').description('agree to the terms that "up" shows')
  controlOptions(accept).action(async (flags: Flags) => {
    const client = await reachControl(flags)
    const { current_version: terms } = await client.getConsent()
    tell(await client.acceptConsent({ body: { terms_version: terms } }), flags)
  })
  const revoke = consent
    .command('revoke')
    .description('take it back: no bids from now on, also after a restart; what runs is finished')
  controlOptions(revoke).action(async (flags: Flags) => {
    tell(await (await reachControl(flags)).revokeConsent(), flags)
  })
}

function tell(consent: Consent, { json }: Flags): void {
  if (json === true) printJson(consent)
  else print(textOf(consent))
}

function textOf({
  status,
  terms_version: terms,
  accepted_at: at,
  accepted_by: by,
  revoked_at: revoked,
}: Consent) {
  switch (status) {
    case 'none':
      return 'nobody was asked: a program that embeds this peer answers for it'
    case 'accepted':
      return `accepted: terms ${terms} at ${at} (${by}); "hyperlooms consent revoke" takes it back`
    case 'revoked':
      return `revoked at ${revoked}: this machine takes no work; "hyperlooms consent accept" agrees again`
  }
}
