import { serviceHref } from '../links.ts';
import { DataTable } from '../parts/data-table.tsx';
import { LockMark, Place } from '../parts/marks.tsx';
import { Empty, Waiting } from '../parts/notes.tsx';
import { Page, Section } from '../parts/page.tsx';
import { mesh, workloadsById } from '../state/live.ts';
import { policyColumns } from './lists.tsx';
import { NotFoundView } from './not-found-view.tsx';

export function WorkloadView({ id }: { readonly id: string }) {
  const known = mesh.value;
  const workload = workloadsById.value.get(id);
  if (known === undefined) return <Waiting />;
  if (workload === undefined) return <NotFoundView what={`workload ${id}`} />;
  const { name, namespace, labels, identity, hasSidecar, mutualTls, locality, origin } = workload;
  const services = known.services.filter(({ workloads }) => workloads.includes(id));
  const policies = known.policies.filter(({ where }) => where.includes(`${name}.${namespace}`));
  return (
    <Page
      title={name}
      lead={
        <>
          {namespace} · <Place origin={origin} /> · <LockMark mode={mutualTls} />
        </>
      }
    >
      <dl class="properties">
        <div>
          <dt>Identity</dt>
          <dd>
            <code>{identity}</code>
          </dd>
        </div>
        <div>
          <dt>Sidecar</dt>
          <dd>{hasSidecar ? 'injected' : 'none: its policies are enforced only by the edge'}</dd>
        </div>
        {locality !== '' && (
          <div>
            <dt>Locality</dt>
            <dd>{locality}</dd>
          </div>
        )}
        <div>
          <dt>Labels</dt>
          <dd>
            {Object.entries(labels).map(([key, value]) => (
              <code key={key} class="label">
                {key}={value}
              </code>
            ))}
          </dd>
        </div>
        <div>
          <dt>Services</dt>
          <dd>
            {services.length === 0
              ? 'none selects it'
              : services.map(({ host }) => (
                  <a key={host} class="label" href={serviceHref(host)}>
                    {host}
                  </a>
                ))}
          </dd>
        </div>
      </dl>
      <Section title="Policies that its sidecar enforces">
        <DataTable
          isPlain
          label="Policies"
          rows={policies}
          columns={policyColumns}
          keyOf={(policy) => policy.id}
          textOf={(policy) => policy.id}
          empty={<Empty title="None: whoever reaches it may call it" />}
        />
      </Section>
    </Page>
  );
}
