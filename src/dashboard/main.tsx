import { render } from 'preact';
import { Shell } from './shell.tsx';
import { startLive } from './state/live.ts';
import { startTheme } from './state/theme.ts';

startTheme();
startLive();
const root = document.getElementById('app');
if (root !== null) {
  root.replaceChildren();
  render(<Shell />, root);
}
