import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto'
import { promisify } from 'node:util'

/**
 * Cost of a guess: 128 MiB and some 0.4 s (OWASP's recommendation for scrypt). A file says what it was sealed with,
 * so that a later program can raise it.
 */
const SCRYPT = { n: 2 ** 17, r: 8, p: 1 } as const
/**
 * What a file may ask for: 1 GiB of memory. A file that somebody else wrote, such as a backup, must not be able to ask
 * for more than a machine has.
 */
const SCRYPT_MEMORY_MAX = 2 ** 30
const SCRYPT_P_MAX = 16
const SALT_BYTES = 16
const NONCE_BYTES = 12
const TAG_BYTES = 16
const KEY_BYTES = 32
const CIPHER = 'aes-256-gcm'

export interface SealParameters {
  readonly n: number
  readonly r: number
  readonly p: number
  readonly salt: string
  readonly nonce: string
}

/** A secret under a passphrase; texts are hexadecimal. `data` ends with the tag of AES-256-GCM. */
export interface Sealed extends SealParameters {
  readonly data: string
}

const derive = promisify<string, Buffer, number, { N: number; r: number; p: number; maxmem: number }, Buffer>(
  scrypt,
)

/** Whether a file's parameters can be used at all. */
export function areUsable({ n, r, p }: Pick<SealParameters, 'n' | 'r' | 'p'>): boolean {
  const isPowerOfTwo = Number.isSafeInteger(n) && n > 1 && 2 ** Math.round(Math.log2(n)) === n
  if (!isPowerOfTwo || !Number.isSafeInteger(r) || !Number.isSafeInteger(p)) return false
  return r >= 1 && p >= 1 && p <= SCRYPT_P_MAX && 128 * n * r <= SCRYPT_MEMORY_MAX
}

/** `context` is bound to the secret: it opens with the same one only. */
export async function seal(secret: Uint8Array, passphrase: string, context: string): Promise<Sealed> {
  const parameters = {
    ...SCRYPT,
    salt: randomBytes(SALT_BYTES).toString('hex'),
    nonce: randomBytes(NONCE_BYTES).toString('hex'),
  }
  const cipher = createCipheriv(
    CIPHER,
    await keyOf(passphrase, parameters),
    Buffer.from(parameters.nonce, 'hex'),
  )
  cipher.setAAD(Buffer.from(context, 'utf8'))
  const data = Buffer.concat([cipher.update(secret), cipher.final(), cipher.getAuthTag()]).toString('hex')
  return { ...parameters, data }
}

/** The secret; undefined when the passphrase is another one, or when anything was changed. */
export async function unseal(
  { data, ...parameters }: Sealed,
  passphrase: string,
  context: string,
): Promise<Uint8Array | undefined> {
  const bytes = Buffer.from(data, 'hex')
  const key = await keyOf(passphrase, parameters)
  const decipher = createDecipheriv(CIPHER, key, Buffer.from(parameters.nonce, 'hex'), {
    authTagLength: TAG_BYTES,
  })
  decipher.setAAD(Buffer.from(context, 'utf8'))
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES))
  try {
    return new Uint8Array(Buffer.concat([decipher.update(bytes.subarray(0, -TAG_BYTES)), decipher.final()]))
  } catch {
    return undefined
  }
}

function keyOf(passphrase: string, { n, r, p, salt }: Omit<SealParameters, 'nonce'>): Promise<Buffer> {
  // The same passphrase may be typed as different sequences of code points.
  const maxmem = 128 * n * r + 128 * r * p + 2 ** 20
  return derive(passphrase.normalize('NFKC'), Buffer.from(salt, 'hex'), KEY_BYTES, { N: n, r, p, maxmem })
}
