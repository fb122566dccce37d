import type { Job } from '../../protocol/api/job-schema.ts'
import { TOLD_SLOT } from '../../protocol/api/socket-messages.ts'
import { say } from './output.ts'
import { shownText } from './terminal-text.ts'
import type { AnswerNews } from './watch-job.ts'

const write = (text: string): void => void process.stdout.write(shownText(text))

/**
 * Prints an answer as it comes: one node's, before it is compared. A terminal takes nothing back, so where the text begins anew
 * that is said, and what follows stands below.
 */
export function createAnswerStream(
  print: (text: string) => void = write,
  tell: (text: string) => void = say,
) {
  let shown = ''
  let isShowing = false

  function breakOff(why: string): void {
    if (isShowing) print('\n')
    tell(why)
    shown = ''
    isShowing = false
  }

  return {
    /** Whether the last thing on the terminal is an unfinished answer. */
    get isShowing() {
      return isShowing
    },
    take(news: AnswerNews): void {
      if (news.type === 'reset') return breakOff('(that node went silent; another one begins anew)')
      const next = shown.slice(0, news.at) + news.text
      // Told again from the beginning, as after a broken connection.
      if (!next.startsWith(shown)) {
        if (shown.startsWith(next)) return
        breakOff('(the answer is told anew)')
      }
      print(next.slice(shown.length))
      shown = next
      isShowing = true
    },
    end({ answers }: Pick<Job, 'answers'>): void {
      if (isShowing) print('\n')
      const outcome = answers.find(({ slot }) => slot === TOLD_SLOT)?.outcome
      if (shown !== '' && outcome === 'outvoted') tell('(the text above was outvoted; the answer is:)')
      else if (shown !== '' && outcome === 'silent') tell('(the text above never became an answer)')
      else if (shown !== '' && outcome !== 'agreed') tell('(the others did not confirm the text above)')
      isShowing = false
    },
  }
}
