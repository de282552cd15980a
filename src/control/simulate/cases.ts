import * as z from 'zod';

/**
 * A file of expectations on requests (`requests.yaml`), the form in which behaviour is written down:
 *
 *     requests:
 *       - name: what must happen, as a sentence
 *         request: GET http://host/path          # or {method, url, headers, from, gatewayPort}
 *         times: 1000                            # for distribution
 *         expect: {status, destination, service, subset, path, authority, headers, …}
 */
const headerValues = z.record(z.string(), z.union([z.string(), z.array(z.string()), z.null()]));

const requestForm = z.union([
  z.string(),
  z.strictObject({
    method: z.string().optional(),
    url: z.string(),
    headers: z.record(z.string(), z.union([z.string(), z.array(z.string())])).optional(),
    from: z.string().optional(),
    gatewayPort: z.int().optional(),
    /** Claims: a token signed with the case's own key is sent as Authorization: Bearer. */
    token: z.record(z.string(), z.unknown()).optional(),
  }),
]);

const expectation = z.strictObject({
  status: z.int().optional(),
  body: z.string().optional(),
  /** Envoy cluster name. */
  destination: z.string().optional(),
  /** First label of the destination's host. */
  service: z.string().optional(),
  subset: z.string().optional(),
  /** Path and query that the upstream receives. */
  path: z.string().optional(),
  authority: z.string().optional(),
  /** Headers that the upstream receives; null: absent. */
  headers: headerValues.optional(),
  /** Headers of the answer; null: absent. */
  responseHeaders: headerValues.optional(),
  delayMs: z.int().optional(),
  timeoutMs: z.int().optional(),
  mirrors: z.array(z.string()).optional(),
  flag: z.string().optional(),
  details: z.string().optional(),
  /** Share of requests by destination (or by status), in percent; held within five standard deviations. */
  distribution: z.record(z.string(), z.number()).optional(),
});

export const caseFile = z.strictObject({
  options: z
    .strictObject({
      gatewayPort: z.int().optional(),
      namespace: z.string().optional(),
    })
    .optional(),
  /** `CODE Kind ns/name` of every finding of level Error or Warning that is expected; checked when given. */
  findings: z.array(z.string()).optional(),
  requests: z
    .array(
      z.strictObject({
        name: z.string(),
        request: requestForm,
        times: z.int().positive().optional(),
        expect: expectation,
      }),
    )
    .optional(),
});

export type CaseFile = z.output<typeof caseFile>;
export type RequestCase = NonNullable<CaseFile['requests']>[number];
export type Expectation = RequestCase['expect'];
