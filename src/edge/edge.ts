import { decide } from '../engine/decide.ts';
import type { Decision } from '../engine/decision.ts';
import type { Environment } from '../engine/environment.ts';
import { localReply } from '../engine/local-reply.ts';
import type { ServingConfig } from '../engine/serving.ts';
import type { PieceSource } from '../snapshot/piece-source.ts';
import { SnapshotReader } from '../snapshot/reader.ts';
import type { RootVerifier } from '../snapshot/sign.ts';
import { Admin } from './admin.ts';
import { arrive } from './arrival.ts';
import type { EdgeParts } from './edge-parts.ts';
import { PassIssuer } from './edge-pass.ts';
import { ExplainPage } from './explain/explain-page.ts';
import { externalAuthorizer } from './external-authorizer.ts';
import { EdgeFacts } from './facts.ts';
import { forward } from './forward.ts';
import { JwksRefetcher } from './jwks.ts';
import { Links } from './links.ts';
import { replyResponse } from './local-reply.ts';
import { logProblem } from './log.ts';
import { PolicyCounters } from './policy-counters.ts';
import { debugVerifier, snapshotVerifiers } from './public-keys.ts';
import { refuse } from './refuse.ts';
import {
  type Bindings,
  type Connection,
  GLOBAL_TRANSPORTS,
  type PlatformRequest,
  type RequestContext,
  type Transports,
} from './runtime.ts';
import { readSettings } from './settings.ts';
import { EdgeTelemetry } from './telemetry/edge-telemetry.ts';
import type { Exchange } from './telemetry/exchange.ts';

/** A cold request waits this long for a store that does not answer. */
const MAX_COLD_LOAD_MS = 5_000;
/** Envoy's max_request_headers_kb, of which the request line is a part. */
const MAX_TARGET_LENGTH = 60 * 1024;

/** The edge: store → decision → upstream. One an isolate. */
export class Edge {
  readonly #parts: EdgeParts;
  readonly #admin: Admin | undefined;
  readonly #explain: ExplainPage | undefined;
  readonly #counters = new PolicyCounters();
  #loggedProblem: string | undefined;

  private constructor(parts: EdgeParts, debugKey: RootVerifier | undefined) {
    this.#parts = parts;
    this.#explain = debugKey === undefined ? undefined : new ExplainPage(parts, debugKey);
    this.#admin =
      parts.settings.admin === undefined ? undefined : new Admin(parts.settings.admin, parts.reader, this.#counters);
  }

  static async create(vars: Bindings, source: PieceSource, transports: Transports = GLOBAL_TRANSPORTS): Promise<Edge> {
    const settings = readSettings(vars);
    const verifiers = await snapshotVerifiers(settings.snapshotKey);
    const nowMs = (): number => Date.now();
    const { passKey, mesh: audience } = settings;
    const debugKey = await debugVerifier(settings.debugKey);
    const reader = new SnapshotReader(source, { verifiers, refreshIntervalMs: settings.refreshMs, nowMs });
    const parts: EdgeParts = {
      settings,
      reader,
      links: new Links(settings.links, vars, transports),
      passes:
        passKey === undefined ? undefined : new PassIssuer({ key: passKey, issuer: 'foresail-edge', audience, nowMs }),
      jwks: new JwksRefetcher(nowMs),
      telemetry: new EdgeTelemetry({
        settings: settings.telemetry,
        mesh: settings.mesh,
        bindings: vars,
        nowMs,
        random: Math.random,
        version: () => reader.status().version,
      }),
      nowMs,
      random: Math.random,
    };
    return new Edge(parts, debugKey);
  }

  /**
   * Never throws or rejects. The promise chain of a forwarded request is returned as it is, and where nothing has to
   * be waited for there is none: each promise more is felt in the throughput.
   */
  handle(request: PlatformRequest, context: RequestContext, connection?: Connection): Response | Promise<Response> {
    try {
      return this.#handle(request, context, connection);
    } catch (error) {
      return refuse(error);
    }
  }

  /** Looks for a newer snapshot now, where a runtime is told of one. Never rejects. */
  refresh(): Promise<void> {
    return this.#parts.reader.refresh().then(() => this.#reportProblem());
  }

  #handle(
    request: PlatformRequest,
    context: RequestContext,
    connection: Connection | undefined,
  ): Response | Promise<Response> {
    const facts = new EdgeFacts(request, connection);
    if (this.#admin?.isFor(facts)) return this.#admin.answer(request);
    const explain = this.#explain;
    if (explain?.mayBeFor(facts)) {
      const answered = explain.isFor(facts).then((isMeant) => {
        return isMeant ? explain.answer(facts) : this.#take(facts, context);
      });
      return answered.catch(refuse);
    }
    return this.#take(facts, context);
  }

  #take(facts: EdgeFacts, context: RequestContext): Response | Promise<Response> {
    const { reader, telemetry } = this.#parts;
    const exchange = telemetry.begin(facts, context);
    facts.exchange = exchange;
    if (facts.targetLength > MAX_TARGET_LENGTH) return this.#refuse(431, 'http1.headers_too_large', facts);
    const refreshed = reader.refreshIfDue();
    if (refreshed !== undefined) context.waitUntil(refreshed.then(() => this.#reportProblem()));
    if (reader.ready(facts.host)) return this.#serve(facts, context);
    const loaded = exchange.stage('load configuration', this.#load(facts.host, context)).then(() => {
      if (reader.ready(facts.host)) return this.#serve(facts, context);
      this.#reportProblem();
      return this.#refuse(503, 'no_configuration', facts, reader.status().problem?.message);
    });
    return loaded.catch(refuse);
  }

  #serve(facts: EdgeFacts, context: RequestContext): Response | Promise<Response> {
    const serving = this.#parts.reader.current;
    if (serving === undefined) return this.#refuse(503, 'no_configuration', facts);
    arrive(facts, this.#parts.settings.arrival, serving);
    const { exchange } = facts;
    if (exchange !== undefined) this.#parts.telemetry.serve(exchange, serving);
    const decision = decide(serving, facts, this.#environment(serving, context, exchange));
    return decision instanceof Promise
      ? decision.then((settled) => this.#carryOut(settled, facts, serving, context)).catch(refuse)
      : this.#carryOut(decision, facts, serving, context);
  }

  #carryOut(
    decision: Decision,
    facts: EdgeFacts,
    serving: ServingConfig,
    context: RequestContext,
  ): Response | Promise<Response> {
    if (decision.observed.length > 0) this.#counters.add(decision.observed);
    if (facts.exchange !== undefined) facts.exchange.decision = decision;
    if (decision.kind === 'forward') return forward(this.#parts, decision, facts, serving, context);
    return replyResponse(decision, facts, serving.gateway.settings.serverHeader);
  }

  #environment(serving: ServingConfig, context: RequestContext, exchange: Exchange | undefined): Environment {
    const { nowMs, random, jwks } = this.#parts;
    const stage = <T>(name: string, work: Promise<T>): Promise<T> => exchange?.stage(name, work) ?? work;
    return {
      nowMs,
      random,
      newRequestId: exchange?.newRequestId ?? (() => crypto.randomUUID()),
      ...(exchange === undefined ? {} : { understood: exchange.understood }),
      authorizeExternally: (check) =>
        stage(`authorize by ${check.provider.name}`, externalAuthorizer(this.#parts, check, serving, context)),
      refetchJwks: (uri) => stage('fetch keys', jwks.refetch(uri)),
    };
  }

  async #load(host: string, context: RequestContext): Promise<void> {
    const loading = this.#parts.reader.load(host);
    // Reads end with the request that began them: without this a store slower than our patience would never be read.
    context.waitUntil(loading);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, MAX_COLD_LOAD_MS);
    });
    await Promise.race([loading, patience]);
    clearTimeout(timer);
  }

  #refuse(status: number, details: string, facts: EdgeFacts, why?: string): Response | Promise<Response> {
    const serverHeader = this.#parts.reader.current?.gateway.settings.serverHeader;
    const reply = localReply({ status, details, ...(why === undefined ? {} : { why }) });
    if (facts.exchange !== undefined) facts.exchange.reply = reply;
    return replyResponse(reply, facts, serverHeader);
  }

  /** Each problem once, not once a request. */
  #reportProblem(): void {
    const { problem, version } = this.#parts.reader.status();
    const text = problem === undefined ? undefined : `${problem.code}: ${problem.message}`;
    if (text !== undefined && text !== this.#loggedProblem) {
      logProblem(version === undefined ? 'no snapshot to serve' : `still serving snapshot ${version}`, text);
    }
    this.#loggedProblem = text;
  }
}
