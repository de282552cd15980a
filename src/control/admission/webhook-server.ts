import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { MeshCa } from '../../ca/authority/mesh-ca.ts';
import { ServingCertificate } from '../../ca/service/serving-certificate.ts';
import type { InjectionSettings } from '../injection/settings.ts';
import { answerInject, injectParameters } from './inject.ts';
import { type AdmissionRequest, type AdmissionResponse, admissionReview } from './review.ts';
import { answerValidate, type FindingsWith } from './validate.ts';

export interface WebhookServerOptions {
  readonly ca: MeshCa;
  /** DNS names and addresses by which the API server finds it. */
  readonly names: readonly string[];
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  /** As they are now: they come from a ConfigMap that may change. */
  readonly injection: () => InjectionSettings;
  readonly findingsWith: FindingsWith;
}

export interface WebhookServer {
  readonly port: number;
  stop(): Promise<void>;
}

/** The API server's own limit for objects is 3 MiB; an update sends two of them. */
const MAX_BODY_BYTES = 8 * 1024 * 1024;
const REQUEST_TIMEOUT_MS = 30_000;

/** HTTPS with a certificate of the mesh CA: `/inject[/cluster/…/net/…]`, `/validate`, `/healthz/ready`. */
export async function startWebhookServer(options: WebhookServerOptions): Promise<WebhookServer> {
  const certificate = await ServingCertificate.open(options.ca, options.names);
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, (request, response) => {
    answer(request, options).then(
      ({ code, body }) => send(response, code, body),
      (error: unknown) => {
        options.ca.log('webhook-failed', { path: request.url ?? '', why: String(error) });
        send(response, 500, { message: 'the webhook has failed' });
      },
    );
  });
  certificate.addIdentityCertificateListener((update) => {
    // New handshakes get the new certificate; connections go on.
    if (update !== null) server.setSecureContext({ cert: update.certificate, key: update.privateKey });
  });
  server.listen(options.port, options.host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    stop: async () => {
      certificate.close();
      await closed(server);
    },
  };
}

interface Answer {
  readonly code: number;
  readonly body: unknown;
}

async function answer(request: IncomingMessage, options: WebhookServerOptions): Promise<Answer> {
  const path = (request.url ?? '').split('?')[0] ?? '';
  if (path === '/healthz/ready') return { code: 200, body: { ready: true } };
  const isInject = path === '/inject' || path.startsWith('/inject/');
  if (!isInject && path !== '/validate') return { code: 404, body: { message: 'there is nothing here' } };
  if (request.method !== 'POST') return { code: 405, body: { message: 'POST an AdmissionReview' } };
  const text = await readBody(request);
  if (text === undefined) return { code: 413, body: { message: `more than ${MAX_BODY_BYTES} bytes` } };
  const review = parseReview(text);
  if (review === undefined) return { code: 400, body: { message: 'not an AdmissionReview of admission.k8s.io/v1' } };
  const response = isInject
    ? answerInject(review, options.injection(), injectParameters(path.slice('/inject'.length)))
    : answerValidate(review, options.findingsWith);
  return { code: 200, body: reviewOf(review, response) };
}

function parseReview(text: string): AdmissionRequest | undefined {
  try {
    return admissionReview.parse(JSON.parse(text)).request;
  } catch {
    return undefined;
  }
}

function reviewOf({ uid }: AdmissionRequest, response: AdmissionResponse): unknown {
  return { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: { uid, ...response } };
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function send(response: ServerResponse, code: number, body: unknown): void {
  response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

async function closed(server: Server): Promise<void> {
  const end = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await end;
}
