import axe from 'axe-core'
import type { Page } from 'playwright-core'

/** A rule that the page breaks badly enough to keep somebody out. */
interface Barrier {
  readonly scheme: 'light' | 'dark'
  readonly rule: string
  readonly impact: string
  /** Where, as selectors, and what is wrong there. */
  readonly nodes: readonly string[]
}

/** What axe finds serious or critical on the page as it stands, in light and in dark. */
export async function barriersOf(page: Page): Promise<readonly Barrier[]> {
  // Through the debugger, which the page's content security policy doesn't bind.
  await page.evaluate(axe.source)
  const found: Barrier[] = []
  for (const scheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' })
    const { violations } = await page.evaluate(() => globalThis.axe.run(document))
    for (const { id, impact, nodes } of violations) {
      if (impact !== 'serious' && impact !== 'critical') continue
      const places = nodes.map(({ target, failureSummary }) => `${target.join(' ')}: ${failureSummary ?? ''}`)
      found.push({ scheme, rule: id, impact, nodes: places })
    }
  }
  await page.emulateMedia({ colorScheme: null, reducedMotion: null })
  return found
}

declare global {
  /** Put there by the source above. */
  var axe: typeof import('axe-core')
}
