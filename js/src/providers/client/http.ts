import { PagevecError } from "../../errors.js";
import type { CallOptions } from "../../types.js";
import { Deadline } from "./deadline.js";
import { badAnswer, errorInBody, excerpt, failureOf, fields, parsed } from "./failure.js";
import { checkCredentials, findKey, invalid, redact } from "./keys.js";
import { Pace } from "./pace.js";
import type { Provider, ProviderOptions } from "./provider.js";
import { backoffMs, sleep } from "./retry.js";

const MAX_RETRIES = 2;
const TIME_LIMIT_MS = 120_000;

export interface WireRequest {
  /** Below the base URL, or a whole address. */
  path: string;
  /** Default POST. Answers to the others may be without a body. */
  method?: "GET" | "PUT" | "PATCH" | "DELETE";
  /** What becomes JSON; keys that are undefined are left out. undefined: no body. */
  body?: unknown;
  headers?: Record<string, string>;
  /** Never tried again: a second one would be refused since the first was done. */
  once?: boolean;
  /** An estimate, for tokensPerMinute. */
  tokens?: number;
}

/** A request but for its credentials. */
export interface Unsigned {
  url: URL;
  /** The service's own address, also when a proxy is asked: it passes requests on to there. */
  target: URL;
  headers: Record<string, string>;
  /** "": none. */
  body: string;
}

/** The headers that carry the credentials. */
export type Authorize = (
  key: string | undefined,
  request: Unsigned,
) => Record<string, string> | Promise<Record<string, string>>;

/** RFC 6750: what most services take. */
export const bearer: Authorize = (key): Record<string, string> =>
  key === undefined ? {} : { authorization: `Bearer ${key}` };

/** Where a key has a header of its own. */
export function keyHeader(name: string): Authorize {
  return (key): Record<string, string> => (key === undefined ? {} : { [name]: key });
}

/** One request with all its attempts. */
interface Sending {
  request: WireRequest;
  deadline: Deadline;
  /** What was sent and must not be told. */
  secrets: Set<string>;
}

/** Asks one service: address, credentials, pace, retries, time limit, errors. */
export class HttpClient {
  private readonly pace: Pace;

  constructor(
    readonly provider: Provider,
    private readonly options: ProviderOptions,
    private readonly authorize: Authorize = bearer,
  ) {
    this.pace = new Pace(options.requestsPerMinute, options.tokensPerMinute);
  }

  /**
   * The JSON value of the answer; null where there is none and the method may have none.
   * @throws unauthorized, rate_limited, provider_failed, invalid_response, network, timeout, aborted,
   *   invalid_argument
   */
  async post(request: WireRequest, call: CallOptions = {}): Promise<unknown> {
    const sending = this.begin(request, call);
    try {
      return await this.attempts(sending, () => this.postOnce(sending));
    } catch (error) {
      throw redacted(error, sending.secrets);
    } finally {
      sending.deadline.close();
    }
  }

  /** What is read from the answer's body as it comes. Throws as post() does, and as read() does. */
  async *stream<T>(
    request: WireRequest,
    call: CallOptions,
    read: (body: AsyncIterable<Uint8Array>) => AsyncIterable<T>,
  ): AsyncGenerator<T> {
    const sending = this.begin(request, call);
    try {
      yield* read(this.body(sending));
    } catch (error) {
      throw redacted(error, sending.secrets);
    } finally {
      sending.deadline.close();
    }
  }

  private async *body(sending: Sending): AsyncGenerator<Uint8Array> {
    const { deadline } = sending;
    let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
    try {
      const response = await this.attempts(sending, () => this.send(sending));
      reader = (response.body as ReadableStream<Uint8Array>).getReader();
      while (true) {
        deadline.restart();
        const { value, done } = await deadline.within(reader.read()).catch((cause) => {
          throw cause instanceof PagevecError ? cause : this.unreachable(cause);
        });
        if (done) return;
        // What the reader does with a piece is not the service's time.
        deadline.pause();
        yield value;
      }
    } finally {
      // Also when the caller left the loop: the service need not go on.
      await reader?.cancel().catch(() => undefined);
    }
  }

  private begin(request: WireRequest, { signal }: CallOptions): Sending {
    const { timeLimit = TIME_LIMIT_MS } = this.options;
    return {
      request,
      deadline: new Deadline(this.provider, timeLimit, signal),
      secrets: new Set(),
    };
  }

  private async attempts<T>({ deadline, request }: Sending, attempt: () => Promise<T>): Promise<T> {
    const maxRetries = request.once ? 0 : (this.options.maxRetries ?? MAX_RETRIES);
    for (let retries = 0; ; retries++) {
      try {
        return await deadline.within(attempt());
      } catch (error) {
        const failure = error instanceof PagevecError ? error.provider : undefined;
        if (!failure?.retryable || retries >= maxRetries) throw error;
        const wait = failure.retryAfterMs ?? backoffMs(retries);
        if (wait >= deadline.left) throw error;
        await deadline.within(sleep(wait, deadline.signal));
      }
    }
  }

  private async postOnce(sending: Sending): Promise<unknown> {
    const response = await this.send(sending);
    const text = await response.text().catch((cause) => {
      throw this.unreachable(cause);
    });
    if (text === "" && sending.request.method) return null;
    const body = parsed(text);
    const { status } = response;
    if (body === undefined) throw badAnswer(this.provider, `no JSON: ${excerpt(text)}`, status);
    const { error, error_code: code } = fields(body);
    if (error || code) throw errorInBody(this.provider, body, status);
    return body;
  }

  /** The response, when it is a good one. */
  private async send({ request, deadline, secrets }: Sending): Promise<Response> {
    const { signal } = deadline;
    await this.pace.turn(request.tokens ?? 0, signal);
    const unsigned = this.unsigned(request);
    const key = await findKey(this.provider, this.options);
    const credentials = await this.authorize(key, unsigned);
    const { url, body } = unsigned;
    if (Object.keys(credentials).length) checkCredentials(this.provider, this.options, url);
    for (const secret of [key ?? "", ...Object.values(credentials)]) secrets.add(secret);
    const headers = { ...unsigned.headers, ...credentials };
    const { fetch = globalThis.fetch } = this.options;
    // A redirect would take the key along; and what it leads to is no API.
    const init: RequestInit = {
      method: request.method ?? "POST",
      headers,
      body: body || null,
      signal,
      redirect: "manual",
    };
    const response = await fetch(url.href, init).catch((cause) => {
      throw this.unreachable(cause);
    });
    if (response.ok) return response;
    if (response.type === "opaqueredirect" || (response.status >= 300 && response.status < 400)) {
      throw this.redirected(response);
    }
    const { status, headers: answered } = response;
    const text = await response.text().catch(() => "");
    throw failureOf(this.provider, { status, headers: answered, text });
  }

  private unsigned({ path, body, headers }: WireRequest): Unsigned {
    return {
      ...this.addresses(path),
      headers: { "content-type": "application/json", ...headers, ...this.options.headers },
      body: body === undefined ? "" : JSON.stringify(body),
    };
  }

  protected addresses(path: string): Pick<Unsigned, "url" | "target"> {
    const { baseURL = this.provider.baseURL, proxyURL } = this.options;
    const target = this.url(/^https?:/.test(path) ? path : `${trimmed(baseURL ?? "")}${path}`);
    const { pathname, search } = target;
    const url = proxyURL ? this.url(`${trimmed(proxyURL)}${pathname}${search}`) : target;
    return { url, target };
  }

  /** In a page an address may be relative to the page. */
  private url(address: string): URL {
    try {
      return new URL(address, globalThis.location?.href);
    } catch {
      throw invalid(this.provider, `has no address: "${address}" is no URL; give a whole baseURL`);
    }
  }

  private redirected(response: Response): PagevecError {
    const { name } = this.provider;
    const to = response.headers.get("location") ?? "another address";
    return new PagevecError(
      "provider_failed",
      `${name} answered with a redirect to ${excerpt(to)}, which was not followed; give the address where it leads`,
      { provider: { provider: name, status: response.status, retryable: false } },
    );
  }

  protected unreachable(cause: unknown): PagevecError {
    const { name, fromPage } = this.provider;
    const reason = cause instanceof Error ? cause.message : String(cause);
    return new PagevecError(
      "network",
      `${name} could not be reached (${reason}). A page cannot tell a lost connection from a ` +
        `service that forbids pages to call it (CORS): ${fromPage}`,
      { cause, provider: { provider: name, retryable: true } },
    );
  }
}

/** The error without the keys that the service may have repeated. */
function redacted(error: unknown, secrets: Iterable<string>): unknown {
  if (!(error instanceof PagevecError)) return error;
  const message = redact(error.message, secrets);
  if (message === error.message) return error;
  return new PagevecError(error.code, message, { cause: error.cause, provider: error.provider });
}

/** Without slashes at the end, so that a path can follow. */
export function trimmed(address: string): string {
  return address.replace(/\/+$/, "");
}
