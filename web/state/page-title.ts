import { createEffect } from 'solid-js'

/** Names the page in the tab and in the history. */
export function createPageTitle(title: () => string): void {
  createEffect(() => {
    document.title = `${title()} · Hyperlooms`
  })
}
