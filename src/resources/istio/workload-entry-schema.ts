import * as z from 'zod';
import type { Report } from '../report.ts';
import type { FieldPath } from '../resource.ts';
import { fqdnProblem } from '../scalars/hostname.ts';
import { isIpAddress } from '../scalars/ip.ts';
import { isDns1123Label, labelsProblem } from '../scalars/label.ts';
import { uint32 } from '../scalars/numbers.ts';
import { labels } from '../scalars/selector.ts';
import { unixAddressProblem } from '../scalars/unix-address.ts';
import { checkPort } from './destination.ts';

/** A workload outside Kubernetes; also an endpoint of a ServiceEntry and the template of a WorkloadGroup. */
export const workloadEntrySpec = z.strictObject({
  address: z.string().optional(),
  ports: z.record(z.string(), uint32).optional(),
  labels: labels.optional(),
  network: z.string().optional(),
  /** `region/zone/subzone` */
  locality: z.string().optional(),
  weight: uint32.optional(),
  serviceAccount: z.string().optional(),
});

export type WorkloadEntrySpec = z.output<typeof workloadEntrySpec>;

interface EndpointRules {
  /** Port names of the ServiceEntry that the endpoint is in. */
  readonly servicePorts?: ReadonlySet<string>;
  readonly allowsHostnames: boolean;
}

/** Istio's validateWorkloadEntry. */
export function checkWorkloadEntry(
  entry: WorkloadEntrySpec,
  rules: EndpointRules,
  path: FieldPath,
  report: Report,
): void {
  const { address = '', network = '', ports = {} } = entry;
  const isUnix = address.startsWith('unix://');
  if (address === '') {
    if (network === '') report.error([...path, 'address'], 'address is required');
    else report.warning([...path, 'address'], `address is unset with network "${network}"`);
  } else if (isUnix) {
    const problem = unixAddressProblem(address.slice('unix://'.length));
    if (problem !== undefined) report.error([...path, 'address'], problem);
    if (Object.keys(ports).length > 0)
      report.error([...path, 'ports'], `unix endpoint ${address} must not include ports`);
    if (rules.servicePorts !== undefined && rules.servicePorts.size !== 1) {
      report.error(path, 'exactly 1 service port required for unix endpoints');
    }
  } else if (!isIpAddress(address)) {
    if (!rules.allowsHostnames)
      report.error([...path, 'address'], `endpoint address "${address}" is not a valid IP address`);
    else if (fqdnProblem(address) !== undefined) {
      report.error([...path, 'address'], `endpoint address "${address}" is not a valid FQDN or an IP address`);
    }
  }
  checkEndpointPorts(ports, rules.servicePorts, [...path, 'ports'], report);
  const labelProblem = labelsProblem(entry.labels);
  if (labelProblem !== undefined) report.error([...path, 'labels'], labelProblem);
}

function checkEndpointPorts(
  ports: Readonly<Record<string, number>>,
  servicePorts: ReadonlySet<string> | undefined,
  path: FieldPath,
  report: Report,
): void {
  for (const [name, port] of Object.entries(ports)) {
    if (servicePorts && !servicePorts.has(name))
      report.error([...path, name], `endpoint port ${port} is not defined by the service entry`);
    if (!isDns1123Label(name)) report.error([...path, name], `invalid port name: ${name}`);
    checkPort(port, [...path, name], report);
  }
}
