/** What a flooder's process is started with. */
export interface FlooderSettings {
  readonly folder: string
  readonly listen: string
  readonly bootstrap: readonly string[]
  /** Units that its bids ask, as a decimal. */
  readonly price: string
}

/** From now on so many heartbeats, and bids to each who decides, a second; 0 for silence. */
export interface FlooderRequest {
  readonly beats: number
  readonly bids: number
  /** And as many that nobody signed, and for jobs that there are not. */
  readonly isForging: boolean
}

export interface FlooderReport {
  readonly type: 'ready' | 'heard'
  /** What it has said by then; bids once, however many they were sent to. */
  readonly said: Readonly<Record<'heartbeats' | 'bids' | 'unknown' | 'forged', number>>
}
