import type { Progress } from '../control/install/cluster/carry-out.ts';
import type { Plan, Step } from '../control/install/cluster/plan.ts';
import { nameOfObject } from '../control/install/kube-object.ts';
import { paint, plural, printLine, type Terminal } from './output.ts';

const SIGNS = { create: '+', change: '~', keep: ' ', leave: '!', remove: '-' } as const;
const STYLES = { create: 'green', change: 'yellow', keep: 'dim', leave: 'cyan', remove: 'red' } as const;

/** What is going to change: a line for each object, and the fields of those that are there. */
export function printPlan(plan: Plan, terminal: Terminal): void {
  for (const step of stepsOf(plan).filter(({ action }) => action !== 'keep')) {
    printLine(terminal, paint(terminal, STYLES[step.action], `${SIGNS[step.action]} ${nameOfObject(step.object)}`));
    for (const detail of step.details) printLine(terminal, `    ${detail}`);
  }
  printLine(terminal, summaryOf(plan));
}

export function changesOf(plan: Plan): readonly Step[] {
  return stepsOf(plan).filter(({ action }) => action !== 'keep' && action !== 'leave');
}

function summaryOf(plan: Plan): string {
  const count = (action: Step['action']): number => stepsOf(plan).filter((step) => step.action === action).length;
  return `${plural(count('create'), 'object')} to create, ${count('change')} to change, ${count('remove')} to remove, ${count('keep')} as they should be`;
}

function stepsOf({ components, removals }: Plan): readonly Step[] {
  return [...components.flatMap(({ steps }) => steps), ...removals];
}

/** A line for each component that is done, and for each change in what is waited for. */
export function progressPrinter(terminal: Terminal): (progress: Progress) => void {
  let last = '';
  return (progress) => {
    if (progress.kind === 'done') printLine(terminal, `${paint(terminal, 'green', '✔')} ${progress.title} installed`);
    if (progress.kind === 'removed') printLine(terminal, `  removed ${nameOfObject(progress.object)}`);
    if (progress.kind !== 'waiting') return;
    const text = progress.missing.join('; ');
    if (text !== last) printLine(terminal, `  waiting for ${progress.title}: ${text}`);
    last = text;
  };
}
