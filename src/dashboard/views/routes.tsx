import type { ComponentChild } from 'preact';
import { path } from '../state/location.ts';
import { ExplainView } from './explain-view.tsx';
import { FindingsView } from './findings-view.tsx';
import { GraphView } from './graph-view.tsx';
import {
  CertificatesView,
  ClustersView,
  EdgesView,
  PoliciesView,
  RoutesView,
  ServicesView,
  WorkloadsView,
} from './list-views.tsx';
import { NotFoundView } from './not-found-view.tsx';
import { OverviewView } from './overview-view.tsx';
import { RequestsView } from './requests-view.tsx';
import { ResourcesView } from './resources-view.tsx';
import { ServiceView } from './service-view.tsx';
import { TimelineView } from './timeline-view.tsx';
import { VersionsView } from './versions-view.tsx';
import { WorkloadView } from './workload-view.tsx';
import { YamlView } from './yaml-view.tsx';

const VIEWS: Readonly<Record<string, () => ComponentChild>> = {
  '/': () => <OverviewView />,
  '/graph': () => <GraphView />,
  '/services': () => <ServicesView />,
  '/workloads': () => <WorkloadsView />,
  '/routes': () => <RoutesView />,
  '/policies': () => <PoliciesView />,
  '/certificates': () => <CertificatesView />,
  '/edges': () => <EdgesView />,
  '/clusters': () => <ClustersView />,
  '/findings': () => <FindingsView />,
  '/resources': () => <ResourcesView />,
  '/yaml': () => <YamlView />,
  '/requests': () => <RequestsView />,
  '/explain': () => <ExplainView />,
  '/versions': () => <VersionsView />,
  '/timeline': () => <TimelineView />,
};

/** The view of the address. */
export function CurrentView() {
  const [, first = '', second] = path.value.split('/');
  const view = VIEWS[path.value];
  if (view !== undefined) return <>{view()}</>;
  const name = second === undefined ? '' : decode(second);
  if (first === 'services' && name !== '') return <ServiceView key={name} host={name} />;
  if (first === 'workloads' && name !== '') return <WorkloadView key={name} id={name} />;
  return <NotFoundView what={`page ${path.value}`} />;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
