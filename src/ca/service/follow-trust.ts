import { type handleBidiStreamingCall, type ServerDuplexStream, status } from '@grpc/grpc-js';
import type { Caller } from '../callers/caller.ts';
import { formatSpiffeId } from '../spiffe-id.ts';
import type { CaServices } from './ca-services.ts';
import { CallError, statusOf } from './call-error.ts';
import { MAX_PROXY_ID_LENGTH } from './definitions.ts';
import { recogniseCall } from './recognise-call.ts';
import type { TrustReport, TrustUpdate } from './trust-messages.ts';

type FollowCall = ServerDuplexStream<TrustReport, TrustUpdate>;

/** After this an agent shows its credentials again; sooner where they expire. */
const MAX_STREAM_MS = 3_600_000;

/** Sends the trust bundle now and at every change, and takes down what the proxies say they use. */
export function followTrust(services: CaServices): handleBidiStreamingCall<TrustReport, TrustUpdate> {
  return (call) => {
    // Reports may come before the caller is known.
    call.pause();
    recogniseCall(call, services).then(
      (caller) => serveStream(call, caller, services),
      (error: unknown) => end(call, error),
    );
  };
}

function serveStream(call: FollowCall, caller: Caller, services: CaServices): void {
  const { ca, ledger, proxies, identityLimit } = services;
  const identity = formatSpiffeId(caller.identity);
  let proxyId: string | undefined;
  let sent = '';

  const send = async (): Promise<void> => {
    const update = await currentUpdate(services);
    const key = JSON.stringify(update);
    if (key === sent) return;
    sent = key;
    call.write(update);
  };
  const sendOrEnd = (): void => {
    send().catch((error: unknown) => end(call, error));
  };
  const report = async (said: TrustReport): Promise<void> => {
    if (said.proxyId === '' || said.proxyId.length > MAX_PROXY_ID_LENGTH) {
      throw new CallError(status.INVALID_ARGUMENT, 'the proxy id is empty or too long');
    }
    if (proxyId !== undefined && proxyId !== said.proxyId) {
      throw new CallError(status.INVALID_ARGUMENT, 'a stream is of one proxy');
    }
    proxyId = said.proxyId;
    // Thousands of proxies may share an account, and all have something to say at once in a rotation.
    if (!identityLimit.take(`${identity} ${proxyId}`)) {
      throw new CallError(status.RESOURCE_EXHAUSTED, 'too many reports');
    }
    if (said.leaving) {
      proxies.forget(identity, proxyId);
      await ledger.retire(identity, proxyId, undefined, ca.now());
      return;
    }
    const { bundleHash, issuer } = said;
    proxies.report({ identity, proxyId, bundleHash, issuer, connected: true, seenAtMs: ca.now() });
    // Only an issuer of ours can take the place of another.
    if (ca.issuers.has(issuer)) await ledger.retire(identity, proxyId, issuer, ca.now());
  };

  const stopListening = ca.onChange(sendOrEnd);
  const lifetimeMs = Math.min(MAX_STREAM_MS, Math.max(0, caller.expiresAtMs - ca.now()));
  const expiry = setTimeout(() => call.end(), lifetimeMs);
  const stop = (): void => {
    stopListening();
    clearTimeout(expiry);
    const last = proxyId === undefined ? undefined : proxies.find(identity, proxyId);
    // Who has no certificate of ours is not waited for, and not remembered.
    if (last !== undefined && ledger.knows(identity, last.proxyId)) proxies.report({ ...last, connected: false });
    else if (last !== undefined) proxies.forget(identity, last.proxyId);
    proxyId = undefined;
  };
  call.on('data', (said: TrustReport) => {
    report(said).catch((error: unknown) => end(call, error));
  });
  call.on('end', () => {
    stop();
    call.end();
  });
  call.on('cancelled', stop);
  call.on('close', stop);
  call.on('error', stop);
  call.resume();
  sendOrEnd();
}

async function currentUpdate({ ca, revocationLists }: CaServices): Promise<TrustUpdate> {
  const crlPem = await revocationLists.pem();
  return { bundlePem: ca.bundle.pem, bundleHash: ca.bundle.hash, crlPem, issuer: ca.active.id };
}

/** grpc-js ends a stream with the status that is emitted as an error. */
function end(call: FollowCall, error: unknown): void {
  call.emit('error', Object.assign(new Error('refused'), statusOf(error)));
}
