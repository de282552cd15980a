type Labels = Readonly<Record<string, string>>;

/** A selector as Kubernetes prints it: `app=web,version=v1`, sorted by key. */
export function selectorText(labels: Labels | undefined): string {
  return sortedKeys(labels)
    .map((key) => `${key}=${labels?.[key] ?? ''}`)
    .join(',');
}

/** The label at whose line istioctl points. */
export function firstLabel(labels: Labels | undefined): string {
  return sortedKeys(labels)[0] ?? '';
}

function sortedKeys(labels: Labels | undefined): string[] {
  return Object.keys(labels ?? {}).sort();
}
