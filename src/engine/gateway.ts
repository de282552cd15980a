import { type Authorizer, prepareAuthorization } from './authorize/authorizer.ts';
import type { GatewayConfig } from './config.ts';
import { prepareJwt, type TokenVerifier } from './jwt/verifier.ts';

/** The gateway-wide part of a configuration, ready to be used. */
export interface Gateway {
  /** Undefined when no RequestAuthentication applies. */
  readonly tokens: TokenVerifier | undefined;
  readonly authorizer: Authorizer;
  readonly needsRegexEngine: boolean;
}

const prepared = new WeakMap<GatewayConfig, Gateway>();

/** Prepared once for as long as the configuration object lives. */
export function preparedGateway(config: GatewayConfig): Gateway {
  let gateway = prepared.get(config);
  if (gateway === undefined) {
    const authorizer = prepareAuthorization(config.authorization);
    gateway = {
      tokens: config.jwt.length === 0 ? undefined : prepareJwt(config.jwt),
      authorizer,
      needsRegexEngine: authorizer.needsRegexEngine,
    };
    prepared.set(config, gateway);
  }
  return gateway;
}
