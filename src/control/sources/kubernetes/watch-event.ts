import { asFields } from '../../../resources/metadata.ts';
import { KubeError } from '../../kubernetes/kube-error.ts';
import { type ObservedObject, readObserved } from './observed-object.ts';

export type WatchEvent =
  | {
      readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
      readonly object: ObservedObject;
      readonly resourceVersion: string;
    }
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string; readonly isEndOfList: boolean }
  | { readonly type: 'ERROR'; readonly error: KubeError };

const END_OF_LIST_ANNOTATION = 'k8s.io/initial-events-end';

/** A line of a watch. Undefined: nothing that we know, and nothing to fail for. */
export function readWatchEvent(line: string): WatchEvent | undefined {
  if (line === '') return undefined;
  const event = asFields(JSON.parse(line));
  const object = asFields(event?.object) ?? {};
  const metadata = asFields(object.metadata) ?? {};
  const resourceVersion = typeof metadata.resourceVersion === 'string' ? metadata.resourceVersion : '';
  switch (event?.type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED': {
      const observed = readObserved(object);
      return observed === undefined ? undefined : { type: event.type, object: observed, resourceVersion };
    }
    case 'BOOKMARK': {
      const isEndOfList = asFields(metadata.annotations)?.[END_OF_LIST_ANNOTATION] === 'true';
      return { type: 'BOOKMARK', resourceVersion, isEndOfList };
    }
    case 'ERROR': {
      const code = typeof object.code === 'number' ? object.code : 500;
      return { type: 'ERROR', error: KubeError.of(code, JSON.stringify(object)) };
    }
    default:
      return undefined;
  }
}
