import { createMemo, type JSX } from 'solid-js'
import { shortDigest } from '../format/identity.ts'
import { weaveOf } from '../format/weave.ts'

/** Thread beside thread, with a little of the ground between. */
const GAP = 0.09

function pathOf(weave: readonly (readonly boolean[])[], isWarp: boolean): string {
  const [x, y] = isWarp ? [GAP, 0] : [0, GAP]
  const [width, height] = isWarp ? [1 - 2 * GAP, 1] : [1, 1 - 2 * GAP]
  return weave
    .flatMap((row, top) =>
      row.flatMap((warp, left) =>
        warp === isWarp ? [`M${left + x} ${top + y}h${width}v${height}h${-width}z`] : [],
      ),
    )
    .join('')
}

/** A digest as a woven swatch: equal digests look equal at a glance. `side` threads fill a quarter of it. */
export function Cloth(props: { digest: string; side: number }): JSX.Element {
  const weave = createMemo(() => weaveOf(props.digest, props.side))
  return (
    <svg
      class="cloth"
      viewBox={`0 0 ${2 * props.side} ${2 * props.side}`}
      role="img"
      aria-label={`Cloth of the digest ${shortDigest(props.digest)}`}
    >
      <path class="weft" d={pathOf(weave(), false)} />
      <path class="warp" d={pathOf(weave(), true)} />
    </svg>
  )
}
