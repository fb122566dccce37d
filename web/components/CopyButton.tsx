import { createSignal, type JSX, onCleanup } from 'solid-js'

/** Long enough to be read. */
const SHOWN_MS = 2_000

/** Copies a text and says whether it worked: a page that isn't served from loopback or HTTPS has no clipboard. */
export function CopyButton(props: { text: string; label: string }): JSX.Element {
  const [said, setSaid] = createSignal('')
  let timer: ReturnType<typeof setTimeout> | undefined
  onCleanup(() => clearTimeout(timer))

  function say(word: string): void {
    setSaid(word)
    clearTimeout(timer)
    timer = setTimeout(() => setSaid(''), SHOWN_MS)
  }

  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(props.text)
      say('Copied')
    } catch {
      say('Copying is not possible here')
    }
  }

  return (
    <button type="button" class="quiet" aria-label={props.label} onClick={() => void copy()}>
      <span aria-live="polite">{said() || 'Copy'}</span>
    </button>
  )
}
