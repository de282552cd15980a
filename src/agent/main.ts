/** The agent's own process: what the command line has read comes in FORESAIL_AGENT. */
import { flushCompileCache } from 'node:module';
import { jsonLog } from '../ca/log.ts';
import { startAgent } from './agent.ts';
import type { AgentOptions } from './agent-options.ts';
import { AGENT_OPTIONS_VARIABLE, WARM_UP_ARGUMENT } from './lean-process.ts';

if (process.argv.includes(WARM_UP_ARGUMENT)) {
  flushCompileCache();
  process.exit(0);
}

const log = jsonLog('agent');
const options = JSON.parse(process.env[AGENT_OPTIONS_VARIABLE] ?? '{}') as AgentOptions;
const { promise: asked, resolve: ask } = Promise.withResolvers<string>();
// Before anything starts: an early signal ends an agent as orderly as a late one.
for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, () => ask(name));

try {
  const agent = await startAgent(options, log, { onQuit: () => ask('quitquitquit') });
  log('agent-ending', { why: await asked });
  await agent.stop();
  process.exit(0);
} catch (error) {
  log('agent-failed', { why: error instanceof Error ? error.message : String(error) });
  process.exit(2);
}
