import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { join } from 'node:path';

const RESULTS = join(import.meta.dirname, 'RESULTS.md');
const HEADING = '## ';

const PREFACE = `# Measured

Written by \`npm run bench -- --write\` (\`npm run bench -- --write peers decision\` for some parts). CPU time a request is the
figure that holds: client, proxy and upstream share the machine, and the load that others put on it stands at each part.
`;

/** Puts what parts have printed in the place of what they printed before. */
export function writeResults(printed: ReadonlyMap<string, string>): void {
  const before = existsSync(RESULTS) ? sectionsOf(readFileSync(RESULTS, 'utf8')) : new Map<string, string>();
  const sections = new Map([...before, ...[...printed].map(([name, text]) => [name, sectionOf(text)] as const)]);
  const texts = [...sections].map(([name, text]) => `${HEADING}${name}\n\n${text}\n`);
  writeFileSync(RESULTS, [PREFACE, ...texts].join('\n'));
}

function sectionOf(text: string): string {
  const lines = text.trim();
  return `${machine()}\n\n${lines.includes('\n| --- |') ? lines : `\`\`\`text\n${lines}\n\`\`\``}`;
}

/** Other people's work on the machine is part of what was measured. */
function machine(): string {
  const [cpu] = cpus();
  const memory = `${(totalmem() / 1024 ** 3).toFixed(0)} GiB`;
  const day = new Date().toISOString().slice(0, 10);
  const load = loadavg()[1]?.toFixed(1);
  return `${day}, ${cpus().length} × ${cpu?.model}, ${memory}, Linux ${release()}, Node ${process.version}, load ${load} at the end`;
}

function sectionsOf(text: string): Map<string, string> {
  const [, ...sections] = `\n${text}`.split(`\n${HEADING}`);
  return new Map(
    sections.map((section) => {
      const end = section.indexOf('\n');
      return [section.slice(0, end).trim(), section.slice(end).trim()];
    }),
  );
}
