import type { LocalReply, ResponseFlag } from '../engine/decision.ts';
import { localReply } from '../engine/local-reply.ts';

/** Envoy's texts (ISTIO.md 1.12). */
const UPSTREAM_ERROR = 'upstream connect error or disconnect/reset before headers. reset reason: ';

/**
 * A request that got no response. Runtimes tell refused, reset and unreachable apart only in words that differ from
 * release to release, so that all are what they most often are.
 */
export function upstreamFailure(error: unknown, retries: number): LocalReply {
  const flag: ResponseFlag = retries > 0 ? 'URX' : 'UF';
  return localReply({
    status: 503,
    body: `${UPSTREAM_ERROR}remote connection failure`,
    details: 'upstream_reset_before_response_started{remote_connection_failure}',
    flag,
    why: error instanceof Error ? `${error.name}: ${error.message}` : String(error),
  });
}

export function upstreamTimeout(): LocalReply {
  return localReply({ status: 504, body: 'upstream request timeout', details: 'response_timeout', flag: 'UT' });
}

/**
 * Whether a cluster gateway has said that. What a gateway answers itself has no service time, and of its own answers
 * only this one is a 504.
 */
export function isTimeoutOfGateway(response: Response): boolean {
  return response.status === 504 && response.headers.get('x-envoy-upstream-service-time') === null;
}

/** No way to the cluster is configured in this worker. */
export function noLink(cluster: string): LocalReply {
  return localReply({
    status: 503,
    body: 'no healthy upstream',
    details: 'no_healthy_upstream',
    flag: 'UH',
    why: `FORESAIL_LINKS has no link to a gateway for ${cluster}`,
  });
}
