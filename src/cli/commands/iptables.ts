import { readFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { applyAnnotations } from '../../agent/capture/annotations.ts';
import { applyCapture, type CaptureRun, planCapture, removeCapture } from '../../agent/capture/capture.ts';
import {
  type CaptureSettings,
  DEFAULT_CAPTURE,
  parseList,
  parseSelection,
  refuseCapture,
} from '../../agent/capture/capture-settings.ts';
import { readNameServers } from '../../agent/capture/resolv-conf.ts';
import { validateCapture } from '../../agent/capture/validate-capture.ts';
import { CliError } from '../cli-error.ts';
import { printLine, stderr, stdout } from '../output.ts';

interface Options {
  readonly envoyPort: number;
  readonly inboundCapturePort: number;
  readonly proxyUid: string;
  readonly proxyGid: string;
  readonly istioServiceCidr: string;
  readonly istioServiceExcludeCidr: string;
  readonly istioInboundPorts: string;
  readonly istioLocalExcludePorts: string;
  readonly istioOutboundPorts: string;
  readonly istioLocalOutboundPortsExclude: string;
  readonly istioExcludeInterfaces: string;
  readonly kubeVirtInterfaces: string;
  readonly redirectDns?: true;
  readonly captureAllDns?: true;
  readonly dnsPort: number;
  readonly annotations?: string;
  readonly dryRun?: true;
  readonly clean?: true;
  readonly runValidation?: true;
  readonly skipRuleApply?: true;
}

const VALIDATION_TIMEOUT_MS = 5_000;

/** Letters, names and meanings are those of `istio-iptables`. */
export function configure(command: Command): void {
  const list = (values: readonly string[]): string => values.join(',');
  const defaults = DEFAULT_CAPTURE;
  command
    .option('-p, --envoy-port <port>', 'where outbound connections go', Number, defaults.outboundPort)
    .option('-z, --inbound-capture-port <port>', 'where inbound connections go', Number, defaults.inboundPort)
    .option('-u, --proxy-uid <uid>', "the proxy's user, whose traffic is its own", defaults.proxyUid)
    .option('-g, --proxy-gid <gid>', 'the same, by group', defaults.proxyGid)
    .addOption(
      new Option('-m, --istio-inbound-interception-mode <mode>', 'how inbound connections are taken')
        .choices(['REDIRECT'])
        .default('REDIRECT'),
    )
    .option('-i, --istio-service-cidr <ranges>', 'outbound destinations; `*` is all', '*')
    .option('-x, --istio-service-exclude-cidr <ranges>', 'but not these', '')
    .option('-q, --istio-outbound-ports <ports>', 'outbound ports, whatever the destination', '')
    .option('-o, --istio-local-outbound-ports-exclude <ports>', 'but not these', '')
    .option('-b, --istio-inbound-ports <ports>', 'inbound ports; `*` is all, nothing is none', '*')
    .option('-d, --istio-local-exclude-ports <ports>', 'but not these', list(defaults.excludeInboundPorts))
    .option('-c, --istio-exclude-interfaces <names>', 'interfaces that are left alone', '')
    .option('-k, --kube-virt-interfaces <names>', 'interfaces of machines inside the pod: outbound for them', '')
    .option('--redirect-dns', 'names are resolved by the proxy')
    .option('--capture-all-dns', 'whichever server is asked, not only those of /etc/resolv.conf')
    .option('--dns-port <port>', "the proxy's", Number, 15_053)
    .option('--annotations <file>', "a pod's annotations as JSON; they go before the flags")
    .option('--dry-run', 'only print')
    .option('--clean', 'take all of it out again')
    .option('--run-validation', 'check with a connection that the rules work')
    .option('--skip-rule-apply', 'the rules are there already: a CNI plugin makes them')
    .action(runIptables);
}

async function runIptables(options: Options): Promise<void> {
  if (options.clean === true) {
    if (options.dryRun === true) throw new CliError('--clean and --dry-run do not go together');
    printRuns(attempt(() => removeCapture()));
    return;
  }
  const settings = settingsOf(options);
  const refusal = refuseCapture(settings);
  if (refusal !== undefined) throw new CliError('these rules cannot be made', { why: refusal });
  if (options.skipRuleApply !== true) {
    printRuns(options.dryRun === true ? planCapture(settings) : attempt(() => applyCapture(settings)));
  }
  if (options.runValidation === true) await validate(settings);
}

async function validate(settings: CaptureSettings): Promise<void> {
  const problem = await validateCapture(settings, VALIDATION_TIMEOUT_MS);
  if (problem === undefined) return printLine(stdout, 'traffic is led through the proxy');
  throw new CliError('traffic is not led through the proxy', {
    why: problem,
    fix: "Look at the CNI plugin's log on this node; the pod is tried again.",
  });
}

function settingsOf(options: Options): CaptureSettings {
  const settings: CaptureSettings = {
    outboundPort: options.envoyPort,
    inboundPort: options.inboundCapturePort,
    proxyUid: options.proxyUid,
    proxyGid: options.proxyGid,
    includeOutboundRanges: parseSelection(options.istioServiceCidr),
    excludeOutboundRanges: parseList(options.istioServiceExcludeCidr),
    includeOutboundPorts: parseList(options.istioOutboundPorts),
    excludeOutboundPorts: parseList(options.istioLocalOutboundPortsExclude),
    includeInboundPorts: parseSelection(options.istioInboundPorts),
    excludeInboundPorts: parseList(options.istioLocalExcludePorts),
    excludeInterfaces: parseList(options.istioExcludeInterfaces),
    virtualInterfaces: parseList(options.kubeVirtInterfaces),
    dnsPort: options.redirectDns === true ? options.dnsPort : undefined,
    dnsServers: options.redirectDns === true && options.captureAllDns !== true ? readNameServers() : [],
  };
  if (options.annotations === undefined) return settings;
  try {
    return applyAnnotations(settings, JSON.parse(readFileSync(options.annotations, 'utf8')) as Record<string, string>);
  } catch (cause) {
    throw new CliError(`${options.annotations} cannot be read`, { why: String(cause), cause });
  }
}

function printRuns(runs: readonly CaptureRun[]): void {
  if (runs.length === 0) printLine(stderr, 'there are no rules to take out');
  for (const { command, script } of runs) {
    printLine(stdout, `# ${command}`);
    printLine(stdout, script.trimEnd());
  }
}

function attempt(work: () => CaptureRun[]): CaptureRun[] {
  try {
    return work();
  } catch (error) {
    const { stderr: said, code } = error as { stderr?: string; code?: string };
    throw new CliError('iptables has refused', {
      why: code === 'ENOENT' ? 'iptables is not installed' : String(said ?? error).trim(),
      fix: 'It takes root, or the capabilities NET_ADMIN and NET_RAW, and the Debian package iptables.',
      cause: error,
    });
  }
}
