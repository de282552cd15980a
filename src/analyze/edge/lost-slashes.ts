import { messages } from '../../resources/finding-messages.ts';
import { kinds } from '../../resources/kinds.ts';
import { onPlace } from '../analysis-finding.ts';
import type { Analyzer } from '../analyzer.ts';

/** Envoy sends a path as it was rewritten, and takes a redirect's for what follows the host to the letter. */
export const lostSlashes: Analyzer = {
  name: 'foresail.LostSlashAnalyzer',
  description: 'Tells rewrites and redirects after which a path begins with no slash',
  analyze: ({ resources }) =>
    resources.of(kinds.virtualService).flatMap((service) =>
      (service.spec.http ?? []).flatMap(({ rewrite, redirect }, index) => {
        const regex = rewrite?.uriRegexRewrite;
        const lost = [
          losesSlash(rewrite?.uri) ? { field: ['rewrite', 'uri'], value: rewrite?.uri } : undefined,
          losesSlash(redirect?.uri) ? { field: ['redirect', 'uri'], value: redirect?.uri } : undefined,
          regex?.match && regex.rewrite && losesSlashByRegex(regex.match, regex.rewrite)
            ? { field: ['rewrite', 'uriRegexRewrite', 'rewrite'], value: regex.rewrite }
            : undefined,
        ].filter((one) => one !== undefined);
        return lost.map(({ field, value = '' }) =>
          onPlace(messages.LeadingSlashLost, service, { value: JSON.stringify(value), field: field.join('.') }, [
            'spec',
            'http',
            index,
            ...field,
          ]),
        );
      }),
    ),
};

function losesSlash(uri: string | undefined): boolean {
  return uri !== undefined && uri !== '' && !uri.startsWith('/');
}

/** Only where the expression is sure to take the leading slash; one that may match anywhere is given the doubt. */
function losesSlashByRegex(match: string, rewrite: string): boolean {
  if (rewrite.startsWith('/') || !/^\^\(*\\?\//.test(match)) return false;
  const group = /^\\(\d)/.exec(rewrite)?.[1];
  if (group === undefined) return true;
  if (group === '0') return false;
  return groupStart(match, Number(group))?.startsWith('/') === false;
}

/** What stands behind the opening parenthesis of a capturing group; undefined where it is not plain text. */
function groupStart(match: string, wanted: number): string | undefined {
  let count = 0;
  for (const { index } of match.matchAll(/(?<!\\)\((?!\?)/g)) {
    count++;
    if (count === wanted) {
      const rest = match
        .slice(index + 1)
        .replace(/^\(+/, '')
        .replace(/^\\(?=[/wd])/, '');
      return /^[A-Za-z0-9/[.]/.test(rest) ? rest : undefined;
    }
  }
  return undefined;
}
