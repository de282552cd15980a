import { readdir, stat, writeFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import packageJson from '../../../package.json' with { type: 'json' };
import type { AnalysisFinding } from '../../analyze/analysis-finding.ts';
import { analyze, isUnreadable, SEVERITY } from '../../analyze/analyze.ts';
import type { Analyzer } from '../../analyze/analyzer.ts';
import { analyzers, optionalAnalyzers } from '../../analyze/analyzers.ts';
import { defaultResources } from '../../analyze/default-resources.ts';
import { quickFix } from '../../analyze/fix/quick-fix.ts';
import { FORMATS, type Format, render } from '../../analyze/output/render.ts';
import { parseSuppression, type Suppression } from '../../analyze/suppression.ts';
import { compileMesh } from '../../control/compile.ts';
import { FolderSource } from '../../control/sources/folder.ts';
import { didYouMean } from '../../resources/did-you-mean.ts';
import type { FindingLevel } from '../../resources/finding.ts';
import { messages } from '../../resources/finding-messages.ts';
import { isKind, kinds } from '../../resources/kinds.ts';
import { parseYaml } from '../../resources/parse.ts';
import { CliError } from '../cli-error.ts';
import { meshConfigText } from '../load-mesh.ts';
import { formatFinding, plural, printLine, stderr, stdout, type Terminal } from '../output.ts';

/** istioctl's own. */
const EXIT_DATA_ERROR = 65;
const EXIT_ANALYZER_FOUND_ISSUES = 79;

/** Codes that say that nothing is selected. */
const ABOUT_PODS: ReadonlySet<string> = new Set([
  messages.ReferencedResourceNotFound.code,
  messages.NoMatchingWorkloadsFound.code,
  messages.DestinationRuleSubsetNotSelectPods.code,
]);

const EXTENSIONS = ['.json', '.yaml', '.yml'];
const DEFAULT_NAMESPACE = 'default';

interface AnalyzeOptions {
  readonly recursive?: boolean;
  readonly suppress?: readonly Suppression[];
  readonly failureThreshold: FindingLevel;
  readonly outputThreshold: FindingLevel;
  readonly meshConfigFile?: string;
  readonly listAnalyzers?: boolean;
  readonly analyzer?: readonly Analyzer[];
  readonly namespace?: string;
  readonly allNamespaces?: boolean;
  readonly output: Format;
  readonly color?: boolean;
  readonly ignoreUnknown?: boolean;
  readonly useKube: boolean;
  readonly fix?: boolean;
  readonly templates?: boolean;
  readonly verbose?: boolean;
}

export function configure(command: Command): void {
  command
    .argument('[path...]', 'files and folders of YAML or JSON; `-` is standard input')
    .option('-R, --recursive', 'look into the folders inside folders too')
    .option(
      '-S, --suppress <code=object>',
      'do not tell a code for an object, e.g. "IST0102=Namespace *"',
      suppress,
      [],
    )
    .addOption(level('--failure-threshold <level>', 'findings from this level on make the exit code 79', 'Error'))
    .addOption(level('--output-threshold <level>', 'findings from this level on are told', 'Info'))
    .option('--meshConfigFile <file>', 'mesh configuration, instead of the ConfigMap `istio` in `istio-system`')
    .option('-L, --list-analyzers', 'list the analyzers, and analyze nothing')
    .option('--analyzer <name>', 'run this analyzer only; may be given several times', chooseAnalyzer)
    .option('-n, --namespace <name>', 'tell only about this namespace; objects without one are taken to be in it')
    .option('-A, --all-namespaces', 'tell about all namespaces (the default without -n)')
    .addOption(new Option('-o, --output <format>', 'how to tell it').choices(FORMATS).default('log'))
    .option('--color [when]', 'use colours: true or false', toBoolean)
    .option('--ignore-unknown', 'say nothing about documents that cannot be read')
    .option('-k, --use-kube [when]', 'accepted for istioctl: only files are analyzed', toBoolean, false)
    .option('--fix', 'put right what has only one right answer, and tell the rest')
    .option('--templates', 'count the pods that Deployments and their like would make; istioctl counts Pods only')
    .option('-v, --verbose', 'tell which analyzers have run')
    .action(run);
}

async function run(paths: readonly string[], options: AnalyzeOptions): Promise<void> {
  if (options.listAnalyzers) {
    listAnalyzers();
    return;
  }
  if (paths.length === 0) {
    throw new CliError('nothing to analyze', { fix: 'Name files or folders of YAML; `-` is standard input.' });
  }
  if (options.useKube) printLine(stderr, 'Only files are analyzed; no cluster is asked.');
  const files = (await Promise.all(paths.map((path) => filesOf(path, options)))).flat();
  let analysis = await analyzeFiles(files, options);
  if (options.fix) {
    const fixed = quickFix(analysis.findings, analysis.texts).filter(({ file }) => file !== '-');
    for (const { file, text, findings: done } of fixed) {
      await writeFile(file, text);
      printLine(stderr, `fixed ${plural(done.length, 'finding')} in ${file}`);
    }
    if (fixed.length > 0) analysis = await analyzeFiles(files, options);
  }
  tell(analysis.findings, [...analysis.texts.keys()], options);
  if (options.output === 'log') hintAtTemplates(analysis);
}

interface Analysis {
  readonly findings: readonly AnalysisFinding[];
  readonly texts: ReadonlyMap<string, string>;
  readonly findingsWithTemplates: () => readonly AnalysisFinding[];
}

/** A folder of YAML seldom holds Pods: whoever does not know that istioctl counts nothing else looks for a mistake. */
function hintAtTemplates({ findings, findingsWithTemplates }: Analysis): void {
  if (!findings.some(({ code }) => ABOUT_PODS.has(code))) return;
  const gone = findings.length - findingsWithTemplates().length;
  if (gone <= 0) return;
  printLine(
    stderr,
    `${plural(gone, 'finding')} fewer with --templates: it counts the pods that Deployments would make; istioctl counts Pods only.`,
  );
}

async function analyzeFiles(
  files: readonly string[],
  { analyzer, meshConfigFile, namespace, allNamespaces, templates, suppress: suppressions = [] }: AnalyzeOptions,
): Promise<Analysis> {
  const defaultNamespace = namespace ?? DEFAULT_NAMESPACE;
  const texts = new Map<string, string>();
  const source = new FolderSource({
    paths: files,
    parse: (text, file) => {
      texts.set(file, text);
      return parseYaml(text, { file, defaultNamespace });
    },
  });
  const state = await source.read();
  const compileOptions = { meshConfigFile: await meshConfigText(meshConfigFile) };
  // What is taken for granted depends on the mesh configuration, which may be among the resources.
  const configMaps = state.resources.filter((resource) => isKind(resource, kinds.configMap));
  const { meshConfig } = compileMesh(configMaps, compileOptions).mesh.settings;
  const resources = [...state.resources, ...defaultResources(state.resources, meshConfig)];
  const { mesh, findings } = compileMesh(resources, compileOptions);
  const input = {
    resources,
    mesh,
    findings: [...state.findings, ...findings],
    texts,
    nowMs: Date.now(),
    defaultNamespace,
  };
  const only = allNamespaces ? undefined : namespace;
  const analyzeWith = (countsTemplates: boolean): readonly AnalysisFinding[] =>
    analyze(input, { analyzers: analyzer, suppressions, namespace: only, countsTemplates });
  return { findings: analyzeWith(templates === true), texts, findingsWithTemplates: () => analyzeWith(true) };
}

/** As istioctl gathers them: a folder's own files, with `--recursive` also those deeper down. */
async function filesOf(path: string, { recursive }: AnalyzeOptions): Promise<string[]> {
  if (path === '-') return [path];
  const stats = await stat(path).catch((cause: unknown) => {
    throw new CliError(`${path} cannot be read`, {
      why: cause instanceof Error ? cause.message : '',
      fix: 'Name files or folders of YAML; `-` is standard input.',
      cause,
    });
  });
  if (!stats.isDirectory()) {
    if (EXTENSIONS.includes(extname(path))) return [path];
    printLine(stderr, `Skipping file ${path}, recognized file extensions are: [${EXTENSIONS.join(' ')}]`);
    return [];
  }
  if (recursive) return [path];
  const entries = await readdir(path, { withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory() && EXTENSIONS.includes(extname(entry.name)))
    .map(({ name }) => join(path, name))
    .sort();
}

function tell(all: readonly AnalysisFinding[], files: readonly string[], options: AnalyzeOptions): void {
  const findings = all.filter(({ code }) => !(options.ignoreUnknown && isUnreadable(code)));
  const shown = findings.filter(({ level: own }) => SEVERITY[own] >= SEVERITY[options.outputThreshold]);
  if (options.verbose) {
    printLine(stderr, 'Executed analyzers:');
    for (const { name } of options.analyzer ?? analyzers) printLine(stderr, `\t${name}`);
  }
  const terminal: Terminal = { write: stdout.write, hasColors: options.color ?? stdout.hasColors };
  const formatLog = (finding: AnalysisFinding): string => formatFinding(finding, terminal);
  stdout.write(render(shown, options.output, { version: packageJson.version, formatLog }));
  if (shown.length === 0 && options.output === 'log') {
    printLine(stderr, `✔ No validation issues found when analyzing ${files.join('\n')}.`);
  }
  const failing = findings.filter(({ level: own }) => SEVERITY[own] >= SEVERITY[options.failureThreshold]);
  if (failing.length === 0) return;
  const isOnlyUnreadable = failing.every(({ code }) => isUnreadable(code));
  process.exitCode = isOnlyUnreadable ? EXIT_DATA_ERROR : EXIT_ANALYZER_FOUND_ISSUES;
  if (options.output !== 'log') return;
  printLine(
    stderr,
    isOnlyUnreadable
      ? "Error: Some files couldn't be parsed."
      : `Error: Analyzers found issues when analyzing ${options.namespace === undefined ? 'all namespaces' : `namespace: ${options.namespace}`}.`,
  );
}

function listAnalyzers(): void {
  const all = [...analyzers, ...optionalAnalyzers].sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const { name, description } of all) printLine(stdout, `* ${name}:\n    ${description}`);
}

function chooseAnalyzer(name: string, before: readonly Analyzer[] = []): readonly Analyzer[] {
  const all = [...analyzers, ...optionalAnalyzers];
  const chosen = all.find((analyzer) => analyzer.name === name);
  if (chosen !== undefined) return [...before, chosen];
  const nearest = didYouMean(
    name,
    all.map((analyzer) => analyzer.name),
  );
  throw new InvalidArgumentError(
    nearest === undefined ? 'See --list-analyzers.' : `Did you mean ${nearest}? See --list-analyzers.`,
  );
}

function suppress(text: string, before: readonly Suppression[] = []): readonly Suppression[] {
  const suppression = parseSuppression(text);
  if (suppression === undefined) throw new InvalidArgumentError('The form is <code>=<object>.');
  if (!Object.values(messages).some(({ code }) => code === suppression.code)) {
    const { code } = suppression;
    printLine(
      stderr,
      `Warning: Supplied message code '${code}' is an unknown message code and will not have any effect.`,
    );
  }
  return [...before, suppression];
}

function level(flags: string, description: string, value: FindingLevel): Option {
  return new Option(flags, description).default(value).argParser((text): FindingLevel => {
    const found = (['Info', 'Warning', 'Error'] as const).find((name) => name.toLowerCase() === text.toLowerCase());
    if (found === undefined) throw new InvalidArgumentError('Allowed choices are Info, Warning, Error.');
    return found;
  });
}

function toBoolean(text: string): boolean {
  return text !== 'false';
}
