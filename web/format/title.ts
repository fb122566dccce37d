/** A heading longer than this is no heading. */
const TITLE_CHARACTERS_MAX = 160

/** The first line of a prompt, cut between words where it is long. */
export function titleOf(prompt: string): string {
  const line = prompt.trim().split(/[\r\n]/, 1)[0] ?? ''
  // By code points, so that no surrogate pair is cut in two.
  const characters = Array.from(line.slice(0, 2 * TITLE_CHARACTERS_MAX + 1))
  if (characters.length <= TITLE_CHARACTERS_MAX) return line
  const head = characters.slice(0, TITLE_CHARACTERS_MAX).join('')
  const words = /^(.{40,})\s\S*$/s.exec(head)?.[1] ?? head
  return `${words.replace(/[.,;:!?…\s]+$/, '')}…`
}
