import { closedError, StoreError } from './store.ts'

/** Runs an action of the database; its failure comes out as a `StoreError`. */
export async function guard<T>(
  directory: string,
  database: { readonly status: string },
  action: () => Promise<T>,
): Promise<T> {
  try {
    return await action()
  } catch (error) {
    if (database.status !== 'open') throw closedError()
    throw failureOf(directory, error)
  }
}

export function openError(directory: string, error: unknown): StoreError {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  if (code === 'LEVEL_LOCKED') {
    const message = `The database in ${directory} is open in another process. Stop that one, or start with another data folder.`
    return new StoreError('store_locked', message, { cause })
  }
  if (code !== 'LEVEL_CORRUPTION') return failureOf(directory, cause)
  const message = `The database in ${directory} can't be opened: ${messageOf(cause)}`
  return new StoreError('store_corrupt', message, { cause })
}

/** LevelDB gives no number for what the system refused, only the C locale's words. */
const FULL = /No space left on device|Disk quota exceeded/

function failureOf(directory: string, cause: unknown): StoreError {
  if (!FULL.test(messageOf(cause))) {
    return new StoreError('store_failed', `The database in ${directory} failed: ${messageOf(cause)}`, {
      cause,
    })
  }
  const message = `The disk that holds ${directory} is full. Nothing that was acknowledged is lost: free space there, then start again.`
  return new StoreError('store_full', message, { cause })
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
