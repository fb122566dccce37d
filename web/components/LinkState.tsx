import { type JSX, Show } from 'solid-js'
import type { Link } from '../state/live-socket.ts'

const WORDS: Readonly<Record<Link, string>> = {
  connecting: 'connecting',
  live: 'live',
  waiting: 'reconnecting',
  ended: 'not live',
}

/** Whether what the page shows is kept up to date. */
export function LinkState(props: { link: Link; name?: string | undefined }): JSX.Element {
  return (
    <p class="link-state" data-link={props.link} role="status">
      <Show when={props.name}>{(name) => <span class="swarm-name">{name()}</span>}</Show>
      <span class="link-word">{WORDS[props.link]}</span>
    </p>
  )
}
