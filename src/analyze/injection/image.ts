import { labelsMatch } from '../../mesh/labels.ts';
import { messages } from '../../resources/finding-messages.ts';
import { kinds } from '../../resources/kinds.ts';
import { asFields } from '../../resources/metadata.ts';
import { readDocument } from '../../resources/yaml/read-document.ts';
import { onObject } from '../analysis-finding.ts';
import type { Analyzer } from '../analyzer.ts';
import type { AnalysisContext } from '../context.ts';
import type { AnalyzedPod } from '../pods.ts';
import { injectorConfigs, injectorName } from './injector-config.ts';

export const injectionImage: Analyzer = {
  name: 'injection.ImageAnalyzer',
  description: 'Checks the image of auto-injection configured with the running proxies on pods',
  analyze: (context) => {
    const configs = injectorConfigs(context);
    if (configs.size === 0) return [];
    return [...context.namespaces.values()].flatMap((namespace) => {
      const { name, labels } = namespace.metadata;
      const revision = labels['istio.io/rev'];
      if (labels['istio-injection'] !== 'enabled' && revision === undefined) return [];
      const wanted = configs.get(injectorName(revision ?? 'default'))?.proxyImage;
      if (wanted === undefined) return [];
      const podNames = context.pods
        .filter((pod) => pod.pod !== undefined && pod.namespace === name && hasOtherProxy(pod, wanted, context))
        .map((pod) => pod.name);
      return podNames.length === 0
        ? []
        : [onObject(messages.PodsIstioProxyImageMismatchInNamespace, namespace, { podNames })];
    });
  },
};

function hasOtherProxy(pod: AnalyzedPod, wanted: string, context: AnalysisContext): boolean {
  // A proxy image of its own is what the user wants.
  if ((pod.annotations['sidecar.istio.io/proxyImage'] ?? '') !== '') return false;
  const variant = imageType(pod, context);
  return pod.containers.some(
    ({ name, image }) => name === 'istio-proxy' && image !== wanted && image !== `${wanted}-${variant}`,
  );
}

/** `debug` or `distroless`: of the pod, of a ProxyConfig, of the mesh. */
function imageType({ annotations, namespace, labels }: AnalyzedPod, { resources, mesh, meshConfig }: AnalysisContext) {
  const own = readDocument(annotations['proxy.istio.io/config'] ?? '', {
    start: 0,
    end: (annotations['proxy.istio.io/config'] ?? '').length,
  });
  const ownImage = 'value' in own ? asFields(asFields(own.value)?.image)?.imageType : undefined;
  if (typeof ownImage === 'string') return ownImage;
  const configs = resources.of(kinds.proxyConfig).filter(({ spec }) => spec.image?.imageType !== undefined);
  const ofWorkload = configs.find(
    ({ metadata, spec }) =>
      metadata.namespace === namespace && spec.selector !== undefined && labelsMatch(spec.selector.matchLabels, labels),
  );
  const ofNamespace = configs.find(
    ({ metadata, spec }) => metadata.namespace === namespace && spec.selector === undefined,
  );
  const ofMesh = configs.find(
    ({ metadata, spec }) => metadata.namespace === mesh.settings.rootNamespace && spec.selector === undefined,
  );
  const image = (ofWorkload ?? ofNamespace ?? ofMesh)?.spec.image?.imageType;
  return image ?? meshConfig.defaultConfig?.image?.imageType ?? '';
}
