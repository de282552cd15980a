import type { MessageInitShape } from '@bufbuild/protobuf';
import type { RedirectAction } from '../../engine/config.ts';
import {
  type RedirectActionSchema,
  RedirectAction_RedirectResponseCode as ResponseCode,
} from '../gen/envoy/config/route/v3/route_components_pb.ts';

type RedirectInit = MessageInitShape<typeof RedirectActionSchema>;

const CODES = {
  301: ResponseCode.MOVED_PERMANENTLY,
  302: ResponseCode.FOUND,
  303: ResponseCode.SEE_OTHER,
  307: ResponseCode.TEMPORARY_REDIRECT,
  308: ResponseCode.PERMANENT_REDIRECT,
} as const;

export function redirect({ status, scheme, authority, port, path }: RedirectAction): RedirectInit {
  return {
    responseCode: CODES[status],
    hostRedirect: authority ?? '',
    portRedirect: port ?? 0,
    ...(scheme === undefined ? {} : { schemeRewriteSpecifier: { case: 'schemeRedirect', value: scheme } }),
    ...pathSpecifier(path),
  };
}

function pathSpecifier(path: RedirectAction['path']): RedirectInit {
  if (path === undefined) return {};
  if ('full' in path) return { pathRewriteSpecifier: { case: 'pathRedirect', value: path.full } };
  if ('prefix' in path) return { pathRewriteSpecifier: { case: 'prefixRewrite', value: path.prefix } };
  const value = { pattern: { regex: path.regex }, substitution: path.substitution };
  return { pathRewriteSpecifier: { case: 'regexRewrite', value } };
}
