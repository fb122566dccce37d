/** What the command's exit code says; scripts rely on it, so none is ever given another meaning. */
export const EXIT = {
  ok: 0,
  /** The job ended without an answer, or with too little confidence in one; credits are on their way, but not certified within the time; an invitation, a revocation or an order for an epoch takes more signatures, or the order isn't decided yet; or a drain was called off. */
  notCompleted: 1,
  /** The command line or a setting is wrong; nothing was done. */
  usage: 2,
  /** `doctor` found something to look at, and nothing that must be mended. */
  warned: 3,
  /** `doctor` found something that must be mended. */
  failed: 4,
  /** A file that was given is damaged, or isn't what the command takes; nothing was done. */
  badFile: 65,
  /** No peer answers, or it can't do it now. */
  unavailable: 69,
  /** An invariant broke; the log says which. */
  internal: 70,
  /** The data folder or a port can't be used: another process has it, or its records are damaged. */
  cannotStart: 73,
  /** The disk failed or is full while the peer ran; nothing that was acknowledged is lost. */
  diskFailed: 74,
  /** Whether credits were moved is not known: no answer came. Repeated under its idempotency key it is moved once. */
  outcomeUnknown: 75,
  /** Nobody agreed to what a peer does: it was not started. */
  consentMissing: 77,
  /** Ctrl-C; what was begun is undone. */
  interrupted: 130,
} as const

export const EXIT_HELP = `
Exit codes:
  0   done; for a job: completed
  1   the job ended without an answer; credits and orders: not certified or decided yet; texts: others must sign
  2   the command line or a setting is wrong
  3   doctor: something is worth a look
  4   doctor: something must be mended
  65  a file that was given is damaged or another program's
  69  no peer answers, or it cannot do this now
  70  a broken invariant; see the log
  73  the data folder or a port cannot be used
  74  the disk failed or is full
  75  credits may have been moved: repeat it with the --idempotency-key that was printed
  77  nobody agreed to what a peer does: say yes on a terminal, or pass --accept-terms
  130 interrupted; what was begun is undone`
