/**
 * Orders well-formed text as LevelDB does, by its UTF-8 bytes; that is the order of code points. JavaScript
 * compares UTF-16 units instead, which puts U+FF5E above U+1F600: only the surrogates, that stand for the
 * code points above U+FFFF, are out of place.
 */
export function compareKeys(left: string, right: string): number {
  const length = Math.min(left.length, right.length)
  for (let at = 0; at < length; at++) {
    const leftUnit = left.charCodeAt(at)
    const rightUnit = right.charCodeAt(at)
    if (leftUnit === rightUnit) continue
    const leftAbove = isSurrogate(leftUnit)
    if (leftAbove !== isSurrogate(rightUnit)) return leftAbove ? 1 : -1
    return leftUnit - rightUnit
  }
  return left.length - right.length
}

/**
 * The first index of ascending `keys` whose key satisfies `reached`, which holds for all keys from there on.
 */
export function firstIndex(keys: readonly string[], reached: (key: string) => boolean): number {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const key = keys[middle]
    if (key === undefined || reached(key)) high = middle
    else low = middle + 1
  }
  return low
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff
}
