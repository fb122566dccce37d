/** How the peer of a data folder is started, as its owner would type it. */
export function upCommand(data: string | undefined): string {
  return data === undefined ? 'hyperlooms up' : `hyperlooms up --data ${data}`
}
