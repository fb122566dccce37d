import type { JSX } from 'solid-js'
import { formatAgo, formatTime } from '../format/time.ts'

/** How long ago something was, with the exact time on hover. */
export function Moment(props: { at: string; nowMs: number }): JSX.Element {
  return (
    <time datetime={props.at} title={formatTime(props.at)}>
      {formatAgo(new Date(props.at).getTime(), props.nowMs)}
    </time>
  )
}
