import { describe, expect, it } from 'vitest'
import { ApiError } from '../../protocol/api/client.ts'
import { faultOf } from './fault.ts'

describe('faultOf', () => {
  it('repeats what the server says as a sentence, with what to do', () => {
    const error = new ApiError({
      code: 'price_too_low',
      status: 422,
      detail: 'no node works for 0.1',
      requestId: 'r1',
    })
    expect(faultOf(error)).toEqual({
      sentence:
        'No node works for 0.1. Raise the highest price, or leave it empty for the default of the swarm.',
      code: 'price_too_low',
      requestId: 'r1',
    })
  })

  it('knows when nothing answered', () => {
    expect(faultOf(new TypeError('Failed to fetch'))).toMatchObject({ code: null, requestId: null })
  })
})
