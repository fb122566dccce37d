import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { barriersOf } from './accessibility.ts'

/** A browser of its own profile that asks nobody outside this machine for anything. */
export const CHROMIUM_ARGS = [
  '--no-sandbox',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
/** Where pictures of the pages go, for a person to look at; unset in ordinary runs. */
const PICTURES = process.env['HYPERLOOMS_PICTURES']
/** A narrow telephone. */
const PHONE = { width: 360, height: 740 } as const

async function picture(page: Page, name: string): Promise<void> {
  if (PICTURES === undefined) return
  await mkdir(PICTURES, { recursive: true })
  const shoot = (as: string) => page.screenshot({ path: join(PICTURES, `${name}-${as}.png`), fullPage: true })
  await shoot('light')
  await page.emulateMedia({ colorScheme: 'dark' })
  await shoot('dark')
  await page.emulateMedia({ colorScheme: null })
  const size = page.viewportSize()
  await page.setViewportSize(PHONE)
  await shoot('phone')
  if (size !== null) await page.setViewportSize(size)
}

/** Looks at the page as it stands: a picture for people, and nothing on it that keeps somebody out. */
export async function inspect(page: Page, name: string): Promise<void> {
  await picture(page, name)
  expect(await barriersOf(page), name).toEqual([])
}
