import { render } from 'solid-js/web'
import { App } from './App.tsx'

const root = document.getElementById('app')
if (root === null) throw new TypeError('the page has no #app')
render(() => <App />, root)
