import { For, type JSX } from 'solid-js'
import type { NetworkStats } from '../../protocol/api/network-schema.ts'
import { CREDIT_SENTENCE } from '../../protocol/api/credits.ts'
import { groupDigits, percentOf, sumUnits, unitsOf } from '../format/credits.ts'

type Supply = NetworkStats['ledger']['supply']

const PARTS: readonly {
  readonly key: Exclude<keyof Supply, 'minted'>
  readonly label: string
  readonly says: string
}[] = [
  { key: 'free', label: 'On accounts', says: 'ready to be spent' },
  { key: 'unclaimed', label: 'Unclaimed', says: "paid out, claimed with the owner's next entry" },
  { key: 'escrowed', label: 'In motion', says: 'set aside in open jobs' },
  { key: 'burnt', label: 'Burnt', says: 'gone for ever' },
]

/** All credits and where they are, and whether that adds up to what was minted. */
export function SupplyBar(props: { supply: Supply }): JSX.Element {
  const minted = () => unitsOf(props.supply.minted)
  const percent = (key: keyof Supply) => percentOf(unitsOf(props.supply[key]), minted())
  const isBalanced = () => sumUnits(PARTS.map(({ key }) => props.supply[key])) === minted()
  return (
    <section class="supply" aria-labelledby="supply">
      <h2 id="supply">
        {groupDigits(props.supply.minted)} credits,{' '}
        {isBalanced() ? 'all accounted for' : 'and the parts do not add up'}
      </h2>
      <div class="bar" aria-hidden="true">
        <For each={PARTS}>
          {({ key }) => <span class={`part ${key}`} style={{ 'flex-grow': percent(key) }} />}
        </For>
      </div>
      <dl>
        <For each={PARTS}>
          {({ key, label, says }) => (
            <div>
              <dt>
                <span class={`swatch ${key}`} aria-hidden="true" />
                {label}
              </dt>
              <dd>
                {groupDigits(props.supply[key])} <span class="note">{says}</span>
              </dd>
            </div>
          )}
        </For>
      </dl>
      <p class="note about">{CREDIT_SENTENCE}</p>
    </section>
  )
}
