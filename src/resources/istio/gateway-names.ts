import type { Report } from '../report.ts';
import type { FieldPath } from '../resource.ts';
import { fqdnProblem } from '../scalars/hostname.ts';
import { isDns1123Label } from '../scalars/label.ts';

/** Istio's validateGatewayNames: `namespace/name`, `name`, or the legacy FQDN. */
export function checkGatewayNames(names: readonly string[], path: FieldPath, report: Report): void {
  for (const [index, name] of names.entries()) checkGatewayName(name, [...path, index], report);
}

function checkGatewayName(name: string, path: FieldPath, report: Report): void {
  const slash = name.indexOf('/');
  if (slash !== -1) {
    const namespace = name.slice(0, slash);
    const gateway = name.slice(slash + 1);
    if (!isDns1123Label(namespace)) report.error(path, `invalid value for namespace: "${namespace}"`);
    if (!isDns1123Label(gateway)) report.error(path, `invalid value for gateway name: "${gateway}"`);
    return;
  }
  const [gateway, namespace] = name.split('.');
  if (namespace !== undefined) {
    report.warning(
      path,
      `using legacy gatewayName format "${name}"; prefer the <namespace>/<name> format: "${namespace}/${gateway}"`,
    );
  }
  const problem = fqdnProblem(name);
  if (problem !== undefined) report.error(path, problem);
}
