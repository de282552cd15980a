const LABEL_NAME = /^[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?$/;
const DNS1123_LABEL = /^[A-Za-z0-9](?:[-A-Za-z0-9]*[A-Za-z0-9])?$/;
const DNS1123_SUBDOMAIN = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;
const MAX_LABEL_LENGTH = 63;
const MAX_SUBDOMAIN_LENGTH = 253;

/** Istio's labels.IsDNS1123Label: upper case passes. */
export function isDns1123Label(text: string): boolean {
  return text.length <= MAX_LABEL_LENGTH && DNS1123_LABEL.test(text);
}

/** As Kubernetes has it for most object names: lower case only. */
export function isDns1123Subdomain(text: string): boolean {
  return text.length <= MAX_SUBDOMAIN_LENGTH && DNS1123_SUBDOMAIN.test(text);
}

export function labelKeyProblem(key: string): string | undefined {
  const slash = key.indexOf('/');
  const name = slash === -1 ? key : key.slice(slash + 1);
  const prefix = slash === -1 ? undefined : key.slice(0, slash);
  if (prefix !== undefined && !isDns1123Subdomain(prefix.toLowerCase()))
    return `"${key}" has no valid DNS prefix before the slash`;
  if (name.length > MAX_LABEL_LENGTH || !LABEL_NAME.test(name)) {
    return `"${key}" is not a valid label key: letters, digits, "-", "_" and ".", at most ${MAX_LABEL_LENGTH}`;
  }
  return undefined;
}

export function labelValueProblem(value: string): string | undefined {
  if (value === '' || (value.length <= MAX_LABEL_LENGTH && LABEL_NAME.test(value))) return undefined;
  return `"${value}" is not a valid label value: letters, digits, "-", "_" and ".", at most ${MAX_LABEL_LENGTH}`;
}

/** The first thing wrong with a set of labels, as Istio's labels.Instance.Validate finds it. */
export function labelsProblem(labels: Readonly<Record<string, string>> | undefined): string | undefined {
  for (const [key, value] of Object.entries(labels ?? {})) {
    const problem = labelKeyProblem(key) ?? labelValueProblem(value);
    if (problem !== undefined) return problem;
  }
  return undefined;
}
