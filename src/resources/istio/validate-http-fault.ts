import type { Report } from '../report.ts';
import type { FieldPath } from '../resource.ts';
import { GRPC_CODES } from '../scalars/grpc-codes.ts';
import type { Percent } from '../scalars/numbers.ts';
import type { HttpFaultInjection } from './virtual-service-schema.ts';

/** Istio's validateHTTPFaultInjection. */
export function checkFault(fault: HttpFaultInjection, path: FieldPath, report: Report): void {
  if (!fault.abort && !fault.delay) report.error(path, 'HTTP fault injection must have an abort and/or a delay');
  if (fault.abort) checkAbort(fault.abort, [...path, 'abort'], report);
  if (fault.delay) checkDelay(fault.delay, [...path, 'delay'], report);
}

function checkAbort(abort: NonNullable<HttpFaultInjection['abort']>, path: FieldPath, report: Report): void {
  checkPercentage(abort.percentage, [...path, 'percentage'], report);
  const { httpStatus, grpcStatus, http2Error } = abort;
  const given = [httpStatus, grpcStatus, http2Error].filter((one) => one !== undefined).length;
  if (given > 1) report.error(path, 'only one of httpStatus, grpcStatus and http2Error can be set');
  if (given === 0) report.warning(path, 'abort configured, but error type not set');
  if (http2Error !== undefined) report.error([...path, 'http2Error'], 'HTTP/2 abort fault injection not supported yet');
  if (httpStatus !== undefined && (httpStatus < 200 || httpStatus > 600)) {
    report.error([...path, 'httpStatus'], `HTTP status ${httpStatus} is not in range 200-599`);
  }
  if (grpcStatus !== undefined && !GRPC_CODES.has(grpcStatus)) {
    report.error([...path, 'grpcStatus'], `gRPC status "${grpcStatus}" is not supported, use for example 'NOT_FOUND'`);
  }
}

function checkDelay(delay: NonNullable<HttpFaultInjection['delay']>, path: FieldPath, report: Report): void {
  checkPercentage(delay.percentage, [...path, 'percentage'], report);
  if (delay.percent !== undefined) {
    if (delay.percent < 0 || delay.percent > 100)
      report.error([...path, 'percent'], `percentage ${delay.percent} is not in range 0..100`);
    report.deprecated(
      [...path, 'percent'],
      'fault.delay.percent is deprecated, use fault.delay.percentage.value instead',
    );
  }
  if (delay.exponentialDelay !== undefined) {
    report.error([...path, 'exponentialDelay'], 'exponentialDelay not supported yet');
  } else if (delay.fixedDelay === undefined) {
    report.warning(path, 'delay configured, but fixedDelay not set');
  }
}

/** 0, or at least a millionth: finer steps are lost in Envoy. */
function checkPercentage(percentage: Percent | undefined, path: FieldPath, report: Report): void {
  const value = percentage?.value ?? 0;
  if (value < 0 || value > 100 || (value > 0 && value < 0.0001)) {
    report.error([...path, 'value'], `percentage ${value} is neither 0.0, nor in range [0.0001, 100.0]`);
  }
}
