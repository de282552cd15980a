import type { Installation } from '../installation.ts';
import type { KubeObject } from '../kube-object.ts';

export const MANAGED_BY = 'app.kubernetes.io/managed-by';
export const MANAGER = 'foresail';
/** Whose an object is: only what carries these is ever changed or removed. */
export const COMPONENT = 'foresail.dev/component';
export const REVISION_LABEL = 'istio.io/rev';

/** The object with the marks by which it is found again. */
export function owned(object: KubeObject, component: string, revision: string | undefined): KubeObject {
  return {
    ...object,
    metadata: {
      ...object.metadata,
      labels: {
        ...object.metadata.labels,
        [MANAGED_BY]: MANAGER,
        'app.kubernetes.io/part-of': 'foresail',
        [COMPONENT]: component,
        ...(revision !== undefined && { [REVISION_LABEL]: revision }),
      },
    },
  };
}

export function istiodLabels({ revision }: Pick<Installation, 'revision'>): Record<string, string> {
  return { app: 'istiod', istio: 'pilot', [REVISION_LABEL]: revision };
}
