import type { ProviderOptions } from "../../../js/src/providers/client/provider.js";
import type { Generator, TokenUsage } from "../../../js/src/types/generator.js";
import { CALLS, type Calls, generateRequest, isQuery } from "./calls.js";
import {
  type Exchange,
  type Expected,
  requestProblems,
  responseBytes,
  type Seen,
} from "./exchange.js";

/** What a call gave, in the words of a fixture's `expect`. */
type Outcome = Omit<Expected, "error"> & { error?: unknown };

/**
 * Sends the call of an exchange and says how request or answer differ; empty when all is right.
 * @param calls by what it is called; default: the provider's functions.
 */
export async function runExchange(
  exchange: Exchange,
  options: ProviderOptions,
  calls: Calls = CALLS[exchange.provider] ?? {},
): Promise<string[]> {
  const seen: Seen[] = [];
  const usage: TokenUsage = {};
  const outcome = await call(exchange, calls, {
    maxRetries: 0,
    ...options,
    ...recordedAddress(exchange),
    fetch: recordingFetch(exchange, seen, options.fetch ?? fetch),
    onUsage: (told) => void Object.assign(usage, told),
  }).catch((error: unknown): Outcome => ({ error }));
  const { expect } = exchange;
  const wanted = expect.error?.no_request ? 0 : (expect.requests ?? 1);
  const problems = seen.length === wanted ? [] : [`${seen.length} requests instead of ${wanted}`];
  if (seen[0]) problems.push(...(await requestProblems(exchange, seen[0])));
  return [...problems, ...answerProblems(expect, outcome, usage)];
}

/** Containers have no address of their own: where the call names none, it is the recorded one. */
function recordedAddress({ provider, call, request }: Exchange): { baseURL?: string } {
  const ofContainer = /-container$|^gpt4all$/.test(provider);
  return ofContainer && request && !call.baseURL ? { baseURL: new URL(request.url).origin } : {};
}

/** Passes requests on to the server of the test, and notes how they were meant. */
function recordingFetch(exchange: Exchange, seen: Seen[], next: typeof fetch): typeof fetch {
  return async (input, init) => {
    const { method, headers, body } = init as RequestInit;
    const bodyText = String(body);
    const given = Object.fromEntries(new Headers(headers));
    seen.push({ method: method ?? "GET", url: String(input), headers: given, bodyText });
    const answer = await next(input, init);
    // The recorded answer belongs to the first request; a later one has fewer documents.
    if (seen.length === 1 || !exchange.expect.requests) return answer;
    const { scores } = (await answer.json()) as { scores: unknown[] };
    return Response.json({ scores: scores.slice(0, JSON.parse(bodyText).documents.length) });
  };
}

async function call(exchange: Exchange, calls: Calls, options: ProviderOptions): Promise<Outcome> {
  const { call, provider, kind, expect } = exchange;
  if (kind === "rerank" && calls.rerank) {
    const limit = call.top_n ?? call.top_k;
    const reranker = await calls.rerank(call, options);
    const results = await reranker.rerank(call.query ?? "", call.documents ?? [], { limit });
    const first = results.filter(({ index }) => index < (expect.first_request_documents ?? 0));
    const scores_first = first.sort((a, b) => a.index - b.index).map(({ score }) => score);
    return { results, scores_first };
  }
  if (kind === "generate" && calls.generate)
    return generate(exchange, await calls.generate(call, options));
  if (calls.chunks && expect.nested_vectors) {
    return { nested_vectors: await calls.chunks(call, options) };
  }
  if (calls.media && (kind === "embed-multimodal" || call.images)) {
    const { vectors, ...byKind } = await calls.media(call, options);
    const named = Object.entries(byKind).map(([name, list]) => [
      `${name.replace(/s$/, "")}_vectors`,
      list,
    ]);
    return { vectors, ...Object.fromEntries(named) };
  }
  if (kind === "embed" && calls.embed) {
    const embed = await calls.embed(call, options);
    const texts = call.texts ?? [];
    return {
      vectors: await (isQuery(call) ? embed.generateForQueries(texts) : embed.generate(texts)),
    };
  }
  throw new Error(`no call for ${provider} ${kind}`);
}

async function generate({ call }: Exchange, generator: Generator): Promise<Outcome> {
  if (!call.stream) {
    const { text, finishReason } = await generator.generate(generateRequest(call));
    return { text, finish_reason: finishReason };
  }
  const stream = generator.stream(generateRequest(call));
  const deltas: string[] = [];
  try {
    for await (const piece of stream) deltas.push(piece);
  } catch (error) {
    return { error, partial_text: deltas.join("") };
  }
  const { text, finishReason } = await stream.result();
  return { text, deltas, finish_reason: finishReason };
}

function answerProblems(expected: Expected, outcome: Outcome, usage: TokenUsage): string[] {
  const { error, usage: billed, requests, first_request_documents, ...answer } = expected;
  const problems: string[] = [];
  const compare = (what: string, got: unknown, wanted: unknown) => {
    const [a, b] = [JSON.stringify(got), JSON.stringify(wanted)];
    if (a !== b) problems.push(`${what}: got ${a?.slice(0, 300)}, expected ${b?.slice(0, 300)}`);
  };
  if (error) problems.push(...errorProblems(error, outcome.error));
  else if (outcome.error) return [`failed: ${outcome.error}`];
  for (const [name, wanted] of Object.entries(answer)) {
    // The model's name is in no answer of ours; combined vectors are another suite's.
    if (name === "model" || name.startsWith("combined")) continue;
    const got = outcome[name as "vectors"] ?? (name.endsWith("_vectors") ? [] : undefined);
    if (name === "results") compareResults(problems, got, wanted);
    else compare(name, got, wanted);
  }
  if (billed) {
    compare("input tokens", usage.input, billed.input ?? billed.prompt_tokens);
    compare("output tokens", usage.output, billed.output ?? billed.completion_tokens);
  }
  return problems;
}

/** Ours are sorted by score; containers answer in the order asked. */
function compareResults(problems: string[], got: unknown, wanted: unknown): void {
  const byScore = (list: unknown) =>
    JSON.stringify(
      [...(list as { index: number; score: number }[])].sort(
        (a, b) => b.score - a.score || a.index - b.index,
      ),
    );
  if (JSON.stringify(got) !== byScore(wanted)) {
    problems.push(`results: got ${JSON.stringify(got)}, expected ${byScore(wanted)}`);
  }
}

function errorProblems(expected: NonNullable<Expected["error"]>, error: unknown): string[] {
  const { name, code, message, provider } = (error ?? {}) as {
    name?: string;
    code?: string;
    message?: string;
    provider?: { status?: number; type?: string; retryable?: boolean; retryAfterMs?: number };
  };
  if (name !== "PagevecError" || !message) return [`no PagevecError but ${error}`];
  const problems: string[] = [];
  const compare = (what: string, got: unknown, wanted: unknown) => {
    if (wanted !== undefined && got !== wanted) {
      problems.push(`error's ${what}: ${got}, expected ${wanted} (${message})`);
    }
  };
  compare("status", provider?.status, expected.status);
  compare("type", provider?.type, expected.type ?? expected.finish_reason);
  if (expected.retryable !== undefined) {
    compare("retryable", provider?.retryable ?? false, expected.retryable);
  }
  const wait = expected.estimated_time_s && expected.estimated_time_s * 1000;
  compare("retryAfterMs", provider?.retryAfterMs, expected.retry_after_ms ?? wait);
  if (expected.invalid_response) compare("code", code, "invalid_response");
  if (!message.includes(expected.message_contains ?? "")) {
    problems.push(`error's message is "${message}", without "${expected.message_contains}"`);
  }
  return problems;
}

/** A fetch that gives the recorded answer in the pieces that end at the given bytes. */
export function replayFetch({ response }: Exchange, cuts: number[] = []): typeof fetch {
  return async () => {
    const bytes = response ? responseBytes(response) : new Uint8Array();
    const ends = [...cuts, bytes.length];
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        let begin = 0;
        for (const end of ends) {
          controller.enqueue(bytes.slice(begin, end));
          begin = end;
        }
        controller.close();
      },
    });
    return new Response(body, {
      status: response?.status ?? 500,
      headers: response?.headers ?? {},
    });
  };
}
