import type { Report } from '../report.ts';
import type { FieldPath } from '../resource.ts';
import { isIpOrCidr } from '../scalars/ip.ts';
import { pathTemplateProblem } from '../scalars/path-template.ts';
import type {
  AuthorizationCondition,
  AuthorizationOperation,
  AuthorizationPolicySpec,
  AuthorizationRule,
  AuthorizationSource,
} from './authorization-policy-schema.ts';
import { conditionKeyProblem, conditionValuesProblem } from './condition-key.ts';
import { checkPolicyTarget } from './policy-target.ts';

const DRY_RUN = 'istio.io/dry-run';

/** Istio's ValidateAuthorizationPolicy. */
export function validateAuthorizationPolicy(
  spec: AuthorizationPolicySpec,
  annotations: Readonly<Record<string, string>>,
  report: Report,
): void {
  const { action = 'ALLOW', rules, provider } = spec;
  checkPolicyTarget(spec, report);
  checkDryRun(action, annotations[DRY_RUN], report);
  if ((action === 'DENY' || action === 'CUSTOM') && !rules?.length) {
    report.error(
      ['spec', 'rules'],
      `${action} action without \`rules\` is meaningless as it will never be triggered, add an empty rule \`{}\` if you want it be triggered for every request`,
    );
  }
  if (action === 'CUSTOM' && !provider?.name) report.error(['spec', 'provider'], '`provider.name` must not be empty');
  if (action !== 'CUSTOM' && provider) {
    report.error(['spec', 'provider'], `\`provider\` must not be with non CUSTOM action, found ${action}`);
  }
  for (const [index, rule] of (rules ?? []).entries()) checkRule(rule, action, index, report);
}

function checkDryRun(action: string, value: string | undefined, report: Report): void {
  if (value === undefined) return;
  const path = ['metadata', 'annotations', DRY_RUN];
  if (action !== 'ALLOW' && action !== 'DENY') {
    report.error(path, `the annotation ${DRY_RUN} currently only supports action ALLOW/DENY, found action ${action}`);
  } else if (!/^(?:1|t|T|true|TRUE|True|0|f|F|false|FALSE|False)$/.test(value)) {
    report.error(path, `the annotation ${DRY_RUN} must be "true" or "false", got "${value}"`);
  }
}

function checkRule(rule: AuthorizationRule, action: string, index: number, report: Report): void {
  const path = ['spec', 'rules', index];
  if (rule.from?.length === 0) report.error([...path, 'from'], `\`from\` must not be empty, found at rule ${index}`);
  if (rule.to?.length === 0) report.error([...path, 'to'], `\`to\` must not be empty, found at rule ${index}`);
  for (const [at, { source }] of (rule.from ?? []).entries()) {
    const sourcePath = [...path, 'from', at, 'source'];
    if (!source) report.error(sourcePath, `\`from.source\` must not be nil, found at rule ${index}`);
    else checkSource(source, action, sourcePath, report);
  }
  for (const [at, { operation }] of (rule.to ?? []).entries()) {
    const operationPath = [...path, 'to', at, 'operation'];
    if (!operation) report.error(operationPath, `\`to.operation\` must not be nil, found at rule ${index}`);
    else checkOperation(operation, operationPath, report);
  }
  for (const [at, condition] of (rule.when ?? []).entries())
    checkCondition(condition, action, [...path, 'when', at], report);
  if (action === 'DENY') warnOfTcp(rule, path, report);
}

/** CUSTOM runs before the peer's and the token's identity are known. */
const NOT_WITH_CUSTOM = ['namespaces', 'serviceAccounts', 'trustDomains', 'principals', 'requestPrincipals'] as const;

function checkSource(source: AuthorizationSource, action: string, path: FieldPath, report: Report): void {
  checkLists('from.source', source, path, report);
  for (const field of ['ipBlocks', 'notIpBlocks', 'remoteIpBlocks', 'notRemoteIpBlocks'] as const) {
    for (const [index, block] of (source[field] ?? []).entries()) {
      if (!isIpOrCidr(block)) report.error([...path, field, index], `"${block}" is not a valid IP address or CIDR`);
    }
  }
  const accounts = [...(source.serviceAccounts ?? []), ...(source.notServiceAccounts ?? [])];
  if (
    accounts.length > 0 &&
    [source.principals, source.notPrincipals, source.namespaces, source.notNamespaces].some((list) => list?.length)
  ) {
    report.error([...path, 'serviceAccounts'], 'serviceAccounts cannot be set with principals or namespaces');
  }
  for (const account of accounts) {
    if (account.includes('*') || account.split('/').length > 2) {
      report.error(
        [...path, 'serviceAccounts'],
        `"${account}" must be serviceAccount or namespace/serviceAccount, without wildcards`,
      );
    }
  }
  if (action !== 'CUSTOM') return;
  for (const field of NOT_WITH_CUSTOM) {
    const negated = `not${field.charAt(0).toUpperCase()}${field.slice(1)}` as keyof AuthorizationSource;
    for (const name of [field, negated]) {
      if (source[name]?.length)
        report.error([...path, name], `From.${name} is currently not supported with CUSTOM action`);
    }
  }
}

function checkOperation(operation: AuthorizationOperation, path: FieldPath, report: Report): void {
  checkLists('to.operation', operation, path, report);
  for (const field of ['ports', 'notPorts'] as const) {
    for (const [index, port] of (operation[field] ?? []).entries()) {
      const isPort = /^\d+$/.test(port) && Number(port) >= 1 && Number(port) <= 65535;
      if (!isPort) report.error([...path, field, index], `invalid port "${port}", must be in the range 1..65535`);
    }
  }
  for (const field of ['paths', 'notPaths'] as const) {
    for (const [index, template] of (operation[field] ?? []).entries()) {
      const problem = pathTemplateProblem(template);
      if (problem !== undefined) report.error([...path, field, index], problem);
    }
  }
}

/** Fields are lists; at least one must have an entry, and no entry may be empty. */
function checkLists(
  what: string,
  lists: Readonly<Record<string, readonly string[] | undefined>>,
  path: FieldPath,
  report: Report,
): void {
  const entries = Object.entries(lists);
  if (!entries.some(([, list]) => list?.length)) report.error(path, `\`${what}\` must not be empty`);
  for (const [field, list] of entries) {
    for (const [index, value] of (list ?? []).entries()) {
      if (value === '') report.error([...path, field, index], `\`${field}\` must not have an empty value`);
    }
  }
}

function checkCondition(condition: AuthorizationCondition, action: string, path: FieldPath, report: Report): void {
  const { key, values = [], notValues = [] } = condition;
  const keyProblem = conditionKeyProblem(key);
  if (keyProblem !== undefined) {
    report.error([...path, 'key'], keyProblem);
    return;
  }
  if (values.length + notValues.length === 0) {
    report.error(path, `at least one of \`values\` or \`notValues\` must be set for key ${key}`);
  }
  const problem = conditionValuesProblem(key, values);
  if (problem !== undefined) report.error([...path, 'values'], `invalid \`value\` for \`key\` ${key}: ${problem}`);
  const notProblem = conditionValuesProblem(key, notValues);
  if (notProblem !== undefined)
    report.error([...path, 'notValues'], `invalid \`notValue\` for \`key\` ${key}: ${notProblem}`);
  const isIdentity =
    /^source\.(?:namespace|serviceAccount|trustDomain|principal)$/.test(key) || key.startsWith('request.auth.');
  if (action === 'CUSTOM' && isIdentity)
    report.error([...path, 'key'], `${key} is currently not supported with CUSTOM action`);
}

/** On a TCP port a DENY rule loses its HTTP conditions, and so becomes broader. */
function warnOfTcp(rule: AuthorizationRule, path: FieldPath, report: Report): void {
  const hasFrom = (rule.from ?? []).length > 0;
  const hasTo = (rule.to ?? []).length > 0;
  const hasTcpFrom = (rule.from ?? []).some(({ source }) =>
    Object.entries(source ?? {}).some(([field, list]) => list !== undefined && !/requestPrincipals$/i.test(field)),
  );
  const hasTcpTo = (rule.to ?? []).some(
    ({ operation }) => operation?.ports !== undefined || operation?.notPorts !== undefined,
  );
  if ((hasFrom && !hasTo && !hasTcpFrom) || (hasTo && !hasTcpTo)) {
    report.warning(
      path,
      'configured AuthorizationPolicy will deny all traffic to TCP ports under its scope due to the use of only HTTP attributes in a DENY rule; it is recommended to explicitly specify the port',
    );
  }
}
