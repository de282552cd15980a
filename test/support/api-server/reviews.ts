import type { Authentication, UserInfo } from './authentication.ts';
import { isAllowed } from './authorization.ts';
import { type Fields, isFields } from './kube-object.ts';
import type { ObjectStore } from './object-store.ts';

/** Objects that are questions: they are answered, not kept. Undefined: the path asks nothing. */
export async function answerReview(
  plural: string,
  body: Fields,
  user: UserInfo,
  authentication: Authentication,
  store: ObjectStore,
): Promise<Fields | undefined> {
  const spec = isFields(body.spec) ? body.spec : {};
  switch (plural) {
    case 'tokenreviews': {
      const audiences = Array.isArray(spec.audiences) ? spec.audiences.map(String) : [];
      return { ...body, status: await authentication.review(String(spec.token ?? ''), audiences) };
    }
    case 'selfsubjectreviews':
      return { ...body, status: { userInfo: user } };
    case 'selfsubjectaccessreviews':
    case 'subjectaccessreviews': {
      const attributes = isFields(spec.resourceAttributes) ? spec.resourceAttributes : {};
      const groups = Array.isArray(spec.groups) ? spec.groups.map(String) : [];
      const who = plural === 'subjectaccessreviews' ? { username: String(spec.user ?? ''), groups } : user;
      const subresource = attributes.subresource === undefined ? '' : `/${String(attributes.subresource)}`;
      const access = {
        verb: String(attributes.verb ?? ''),
        group: String(attributes.group ?? ''),
        resource: `${String(attributes.resource ?? '')}${subresource}`,
        namespace: attributes.namespace === undefined ? undefined : String(attributes.namespace),
        name: attributes.name === undefined ? undefined : String(attributes.name),
      };
      return { ...body, status: { allowed: isAllowed(who, access, store) } };
    }
    default:
      return undefined;
  }
}
