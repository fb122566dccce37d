import { expect, it } from 'vitest'
import { CREDITS_PATTERN, PEER_ID_PATTERN } from '../../protocol/api/fields.ts'
import { faultOf } from './validation-fault.ts'

it.each([
  [
    '/to',
    'pattern',
    PEER_ID_PATTERN,
    'out_of_range',
    'to is no id of a peer or an account, such as 12D3KooW...',
  ],
  [
    '/amount',
    'pattern',
    CREDITS_PATTERN,
    'amount_out_of_range',
    'amount is no number of credits, such as 12.5 (six decimals at most)',
  ],
  ['/prompt', 'minLength', undefined, 'prompt_empty', 'prompt is empty'],
  ['/other', 'pattern', '^a$', 'out_of_range', 'other must match'],
])(
  '%s against %s %s is told in words where people read it',
  (instancePath, keyword, pattern, code, detail) => {
    const complaint = { keyword, instancePath, params: { pattern }, message: 'must match' }
    expect(faultOf([complaint], 'body')).toMatchObject({ code, detail })
  },
)
