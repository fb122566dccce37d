import { expect, it } from 'vitest'
import { PEER_ID_PATTERN } from '../../protocol/api/fields.ts'
import { faultOf } from './validation-fault.ts'

it('says in words what an id would look like, and shows no pattern of one', () => {
  const complaint = {
    keyword: 'pattern',
    instancePath: '/to',
    message: `must match pattern "${PEER_ID_PATTERN}"`,
  }
  const { code, detail } = faultOf([{ ...complaint, params: { pattern: PEER_ID_PATTERN } }], 'body')
  expect([code, detail]).toEqual(['out_of_range', 'to is no id of a peer or an account, such as 12D3KooW...'])
})
