import { labelsMatch } from '../../mesh/labels.ts';
import { messages } from '../../resources/finding-messages.ts';
import { kinds } from '../../resources/kinds.ts';
import { onObject } from '../analysis-finding.ts';
import type { Analyzer } from '../analyzer.ts';
import type { AnalysisContext } from '../context.ts';

const HOSTNAME = 'kubernetes.io/hostname';
const TOPOLOGY = ['topology.kubernetes.io/region', 'topology.kubernetes.io/zone', 'topology.istio.io/subzone'];

export const subsetPods: Analyzer = {
  name: 'destinationrule.SubsetSelectPodAnalyzer',
  description: 'Checks if pods are selected by subsets in destination rules.',
  analyze: (context) => {
    const labelSets = podLabels(context);
    return context.resources.of(kinds.destinationRule).flatMap((rule) => {
      const { host, exportTo, subsets = [] } = rule.spec;
      const known = context.hosts.find(host, rule.metadata.namespace, exportTo);
      if (known === undefined) return [onObject(messages.UnknownDestinationRuleHost, rule, { host }, ['spec', 'host'])];
      return subsets.flatMap(({ name, labels }, index) => {
        const selector = { ...known.workloadSelector, ...labels };
        if (labelSets.some((set) => labelsMatch(selector, set))) return [];
        const path = ['spec', 'subsets', index];
        return [onObject(messages.DestinationRuleSubsetNotSelectPods, rule, { subset: name }, path)];
      });
    });
  },
};

/** With what the node adds, as in Istio's registry. Any pod counts, also one that the host does not select. */
function podLabels({ pods, resources }: AnalysisContext): Readonly<Record<string, string>>[] {
  const nodes = new Map(resources.of(kinds.node).map(({ metadata }) => [metadata.name, metadata.labels]));
  const distinct = new Map<string, Readonly<Record<string, string>>>();
  for (const { labels, nodeName } of pods) {
    const node = nodes.get(nodeName ?? '');
    const set =
      node === undefined || nodeName === undefined
        ? labels
        : { ...labels, ...pick(node, TOPOLOGY), [HOSTNAME]: nodeName };
    distinct.set(JSON.stringify(set), set);
  }
  return [...distinct.values()];
}

function pick(labels: Readonly<Record<string, string>>, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = labels[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
