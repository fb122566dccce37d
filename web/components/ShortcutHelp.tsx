import { useNavigate } from '@solidjs/router'
import { For, type JSX, onCleanup, onMount } from 'solid-js'

export const PROMPT_ID = 'prompt'

const SHORTCUTS: readonly (readonly [keys: string, does: string])[] = [
  ['/', 'Write a prompt'],
  ['Ctrl Enter', 'Send it'],
  ['?', 'Show these shortcuts'],
  ['Esc', 'Close them, or leave a field'],
]

function isTyping(target: EventTarget | null): target is HTMLElement {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  )
}

/** The keys that work on every page, and the list of them. */
export function ShortcutHelp(): JSX.Element {
  const navigate = useNavigate()
  let dialog: HTMLDialogElement | undefined

  function goToPrompt(): void {
    const prompt = document.getElementById(PROMPT_ID)
    if (prompt === null) navigate('/jobs', { state: { focus: PROMPT_ID } })
    else prompt.focus()
  }

  function press(event: KeyboardEvent): void {
    if (event.key === 'Escape' && isTyping(event.target)) event.target.blur()
    if (isTyping(event.target) || event.ctrlKey || event.metaKey || event.altKey) return
    if (event.key !== '/' && event.key !== '?') return
    event.preventDefault()
    if (event.key === '?') dialog?.showModal()
    else if (dialog?.open !== true) goToPrompt()
  }

  onMount(() => {
    document.addEventListener('keydown', press)
    onCleanup(() => document.removeEventListener('keydown', press))
  })

  return (
    <>
      <button type="button" class="quiet" aria-haspopup="dialog" onClick={() => dialog?.showModal()}>
        Shortcuts
      </button>
      <dialog aria-labelledby="shortcuts-title" ref={(element) => (dialog = element)}>
        <h2 id="shortcuts-title">Shortcuts</h2>
        <dl class="shortcuts">
          <For each={SHORTCUTS}>
            {([keys, does]) => (
              <div>
                <dt>
                  <kbd>{keys}</kbd>
                </dt>
                <dd>{does}</dd>
              </div>
            )}
          </For>
        </dl>
        <form method="dialog">
          <button type="submit">Close</button>
        </form>
      </dialog>
    </>
  )
}
