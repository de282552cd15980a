import type { Destination } from '../../resources/istio/destination.ts';
import type { VirtualService } from '../../resources/kinds.ts';
import type { FieldPath } from '../../resources/resource.ts';

/** One destination of a VirtualService, with where istioctl points when something is wrong with it. */
export interface NamedDestination {
  readonly destination: Destination;
  readonly path: FieldPath;
  readonly isMirror: boolean;
  /** Its host; of `mirrors` istioctl finds no line and looks at `mirror`. */
  readonly hostPath: FieldPath;
}

/** Of the routes: tcp, tls, http, in istioctl's order; then the mirrors. */
export function destinationsOf({ spec }: VirtualService): NamedDestination[] {
  const ofRoutes = (['tcp', 'tls', 'http'] as const).flatMap((field) =>
    (spec[field] ?? []).flatMap(({ route = [] }, i) =>
      route.map(({ destination }, j): NamedDestination => {
        const path = ['spec', field, i, 'route', j, 'destination'];
        return { destination, path, isMirror: false, hostPath: [...path, 'host'] };
      }),
    ),
  );
  const mirrors = (spec.http ?? []).flatMap(({ mirror, mirrors: more = [] }, i): NamedDestination[] => {
    const hostPath = ['spec', 'http', i, 'mirror', 'host'];
    const single =
      mirror === undefined
        ? []
        : [{ destination: mirror, path: ['spec', 'http', i, 'mirror'], isMirror: true, hostPath }];
    return [
      ...single,
      ...more.map(({ destination }, j) => ({
        destination,
        path: ['spec', 'http', i, 'mirrors', j, 'destination'],
        isMirror: true,
        hostPath,
      })),
    ];
  });
  return [...ofRoutes, ...mirrors];
}
