import { Route, Router } from '@solidjs/router'
import type { JSX } from 'solid-js'
import { Shell } from './components/Shell.tsx'
import { Home } from './pages/Home.tsx'
import { Job } from './pages/Job.tsx'
import { Jobs } from './pages/Jobs.tsx'
import { Network } from './pages/Network.tsx'
import { NotFound } from './pages/NotFound.tsx'
import { Wallet } from './pages/Wallet.tsx'

export function App(): JSX.Element {
  return (
    <Router root={Shell}>
      <Route path="/" component={Home} />
      <Route path="/jobs" component={Jobs} />
      <Route path="/jobs/:id" component={Job} />
      <Route path="/network" component={Network} />
      <Route path="/wallet" component={Wallet} />
      <Route path="*" component={NotFound} />
    </Router>
  )
}
