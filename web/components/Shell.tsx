import { A, type RouteSectionProps, useLocation } from '@solidjs/router'
import { createEffect, type JSX, on, Show } from 'solid-js'
import { shortPeer } from '../format/identity.ts'
import { createSwarm, SwarmContext } from '../state/swarm.ts'
import { Cloth } from './Cloth.tsx'
import { LinkState } from './LinkState.tsx'
import { ShortcutHelp } from './ShortcutHelp.tsx'

/** Header, footer and what all pages share. */
export function Shell(props: RouteSectionProps): JSX.Element {
  const swarm = createSwarm()
  const location = useLocation()
  let main: HTMLElement | undefined

  // A page that changed without a load says so to a screen reader by taking the focus.
  createEffect(
    on(
      () => location.pathname,
      () => main?.focus({ preventScroll: true }),
      { defer: true },
    ),
  )

  function skip(event: MouseEvent): void {
    event.preventDefault()
    main?.focus()
  }

  return (
    <SwarmContext.Provider value={swarm}>
      <a class="skip" href="#main" onClick={skip}>
        Skip to the content
      </a>
      <header class="masthead">
        <A class="wordmark" href="/" end>
          <svg class="mark" viewBox="0 0 20 20" aria-hidden="true">
            <path class="warp" d="M3 1v6M3 11v8M10 1v2M10 7v6M10 17v2M17 1v6M17 11v8" />
            <path class="weft" d="M1 5h6M11 5h8M1 15h6M11 15h8M1 9.9h4M5 10h14" />
          </svg>
          Hyperlooms
        </A>
        <nav aria-label="Pages">
          <A href="/jobs">Jobs</A>
          <A href="/network">Network</A>
          <A href="/wallet">Wallet</A>
          {/* Served by the peer itself, so it is loaded and not routed. */}
          <a href="/docs" rel="external" target="_self">
            API
          </a>
        </nav>
        <LinkState link={swarm.stats.link} name={swarm.stats.value?.swarm_name} />
      </header>
      <main id="main" tabindex="-1" ref={(element) => (main = element)}>
        {props.children}
      </main>
      <footer class="colophon">
        <Show when={swarm.stats.value} fallback={<p>Waiting for this peer.</p>}>
          {(stats) => (
            <>
              <Cloth digest={stats().ledger.root} side={5} />
              <p>
                Served by peer <code title={stats().peer_id}>{shortPeer(stats().peer_id)}</code>, from its own
                view of the swarm. Nobody owns this network, and no other peer may see it quite like this one.
              </p>
            </>
          )}
        </Show>
        <ShortcutHelp />
      </footer>
    </SwarmContext.Provider>
  )
}
