import * as z from 'zod';

/** OTLP's JSON form, as far as it is read; what else there is is left aside. 64-bit integers come as strings or numbers. */
const integer = z.union([z.string().regex(/^\d{1,20}$/), z.number()]).transform(Number);
const nanos = integer.transform((value) => value / 1_000_000);

const attributeList = z
  .array(
    z.object({
      key: z.string(),
      value: z.object({
        stringValue: z.string().optional(),
        intValue: z.union([z.string(), z.number()]).optional(),
        doubleValue: z.number().optional(),
        boolValue: z.boolean().optional(),
      }),
    }),
  )
  .default([])
  .transform((list) =>
    Object.fromEntries(
      list.map(({ key, value: { stringValue, intValue, doubleValue, boolValue } }) => [
        key,
        String(stringValue ?? intValue ?? doubleValue ?? boolValue ?? ''),
      ]),
    ),
  );

const resource = z.object({ attributes: attributeList }).prefault({});
const point = { attributes: attributeList, timeUnixNano: nanos.optional() };
const numberPoint = z.object({ ...point, asInt: integer.optional(), asDouble: z.number().optional() });
const histogramPoint = z.object({
  ...point,
  count: integer,
  sum: z.number().default(0),
  bucketCounts: z.array(integer),
  explicitBounds: z.array(z.number()),
});

export const metricsSchema = z.object({
  resourceMetrics: z.array(
    z.object({
      resource,
      scopeMetrics: z
        .array(
          z.object({
            scope: z.object({ attributes: attributeList }).prefault({}),
            metrics: z.array(
              z.object({
                name: z.string(),
                sum: z
                  .object({
                    aggregationTemporality: z.number().default(0),
                    dataPoints: z.array(numberPoint).default([]),
                  })
                  .optional(),
                histogram: z
                  .object({
                    aggregationTemporality: z.number().default(0),
                    dataPoints: z.array(histogramPoint).default([]),
                  })
                  .optional(),
                gauge: z.object({ dataPoints: z.array(numberPoint).default([]) }).optional(),
              }),
            ),
          }),
        )
        .default([]),
    }),
  ),
});

export const logsSchema = z.object({
  resourceLogs: z.array(
    z.object({
      scopeLogs: z.array(z.object({ logRecords: z.array(z.object({ attributes: attributeList })) })).default([]),
    }),
  ),
});

const span = z.object({
  traceId: z.string().regex(/^[\da-f]{32}$/i),
  spanId: z.string().regex(/^[\da-f]{16}$/i),
  parentSpanId: z.string().optional(),
  name: z.string().default(''),
  kind: z.number().default(0),
  startTimeUnixNano: nanos,
  endTimeUnixNano: nanos,
  attributes: attributeList,
  status: z.object({ code: z.number().default(0) }).optional(),
});

export const tracesSchema = z.object({
  resourceSpans: z.array(z.object({ resource, scopeSpans: z.array(z.object({ spans: z.array(span) })).default([]) })),
});

const position = {
  kind: z.string(),
  namespace: z.string(),
  name: z.string(),
  file: z.string().optional(),
  line: z.number().optional(),
  objectLine: z.number().optional(),
  path: z.string().optional(),
};

/** The edge's own form of an entry, inside a log record. */
export const entrySchema = z.object({
  timeMs: z.number(),
  reporter: z.enum(['edge', 'gateway', 'sidecar']),
  instance: z.string(),
  requestId: z.string(),
  traceId: z.string().optional(),
  method: z.string(),
  scheme: z.enum(['http', 'https']),
  authority: z.string(),
  path: z.string(),
  code: z.number(),
  flags: z.string(),
  details: z.string(),
  why: z.string().optional(),
  origin: z.object(position).optional(),
  routeName: z.string(),
  cluster: z.string(),
  service: z.string(),
  bytesReceived: z.number(),
  bytesSent: z.number(),
  durationMs: z.number(),
  upstreamMs: z.number().optional(),
  clientAddress: z.string(),
  region: z.string(),
  userAgent: z.string(),
});
