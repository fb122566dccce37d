import { A } from '@solidjs/router'
import type { JSX } from 'solid-js'
import { createPageTitle } from '../state/page-title.ts'

export function NotFound(): JSX.Element {
  createPageTitle(() => 'Nothing here')
  return (
    <section class="narrow">
      <h1>There is nothing at this address</h1>
      <p>
        Jobs are listed under <A href="/jobs">Jobs</A>, nodes under <A href="/network">Network</A>, credits
        under <A href="/wallet">Wallet</A>.
      </p>
    </section>
  )
}
