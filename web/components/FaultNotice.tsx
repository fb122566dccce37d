import { type JSX, Show } from 'solid-js'
import type { Fault } from '../format/fault.ts'

/** What went wrong and what to do, with the code that names it. */
export function FaultNotice(props: { fault: Fault | undefined }): JSX.Element {
  return (
    <Show when={props.fault}>
      {(fault) => (
        <div class="notice fault" role="alert">
          <p>{fault().sentence}</p>
          <Show when={fault().code}>
            {(code) => (
              <p class="fine">
                Code <code>{code()}</code>
                <Show when={fault().requestId}>
                  {(id) => (
                    <>
                      , request <code>{id()}</code>
                    </>
                  )}
                </Show>
              </p>
            )}
          </Show>
        </div>
      )}
    </Show>
  )
}
