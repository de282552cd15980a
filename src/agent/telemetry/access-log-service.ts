import type { MethodDefinition, Server, ServerReadableStream, sendUnaryData } from '@grpc/grpc-js';
import { type AccessLogMessage, decodeAccessLogs } from './access-log-messages.ts';
import { type IstioMetrics, type Reporter, readReporter } from './istio-metrics.ts';

const STREAM_ACCESS_LOGS: MethodDefinition<AccessLogMessage, undefined> = {
  path: '/envoy.service.accesslog.v3.AccessLogService/StreamAccessLogs',
  requestStream: true,
  responseStream: false,
  requestSerialize: () => Buffer.alloc(0),
  requestDeserialize: decodeAccessLogs,
  responseSerialize: () => Buffer.alloc(0),
  responseDeserialize: () => undefined,
};

/** Lets the Envoy beside tell of its requests, on the socket that it has anyway. */
export function addAccessLogService(server: Server, metrics: IstioMetrics): void {
  server.addService(
    { streamAccessLogs: STREAM_ACCESS_LOGS },
    {
      streamAccessLogs: (
        call: ServerReadableStream<AccessLogMessage, undefined>,
        callback: sendUnaryData<undefined>,
      ) => {
        let reporter: Reporter | undefined;
        call.on('data', ({ logName, http, tcp }: AccessLogMessage) => {
          // Only the first message of a stream names the log.
          if (logName !== undefined) reporter = readReporter(logName);
          if (reporter === undefined) return;
          for (const entry of http) metrics.addHttp(reporter, entry);
          for (const entry of tcp) metrics.addTcp(reporter, entry);
        });
        call.on('error', () => {});
        call.on('end', () => callback(null));
      },
    },
  );
}
