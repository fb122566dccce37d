import type { JSX } from 'solid-js'
import { Composer } from '../components/Composer.tsx'
import { JobList } from '../components/JobList.tsx'
import { createPageTitle } from '../state/page-title.ts'

export function Jobs(): JSX.Element {
  createPageTitle(() => 'Jobs')
  return (
    <>
      <h1>Ask the network</h1>
      <Composer />
      <JobList />
    </>
  )
}
