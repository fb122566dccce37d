/**
 * What is said of a new API key. The key itself is for eyes only: what isn't a terminal may be a log that others
 * read and that is kept.
 */
export function newKeyText(key: string, isTerminal: boolean): string {
  const commands = 'Commands of this machine account need none.'
  if (isTerminal) {
    return `The API key of this peer, shown this once: ${key}\nIt moves the peer's credits. ${commands}`
  }
  return (
    'This peer has an API key, but this is no terminal to show it on: make and see another one on a terminal with ' +
    `"hyperlooms up --new-api-key". ${commands}`
  )
}
