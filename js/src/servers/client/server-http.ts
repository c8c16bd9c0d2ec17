import { PagevecError, reasonOf } from "../../errors.js";
import { badAnswer, fields } from "../../providers/client/failure.js";
import { type Authorize, HttpClient, type WireRequest } from "../../providers/client/http.js";
import type { Provider, ProviderOptions } from "../../providers/client/provider.js";
import type { CallOptions } from "../../types.js";
import { withNote } from "./notes.js";
import { isAtLeast } from "./versions.js";

/** A kind of server of collections. */
export interface Server extends Provider {
  /** The first version that is enough, by its first two numbers. */
  readonly leastVersion: string;
}

/** Asks one server of collections. Its errors say which address was asked, and what helps. */
export class ServerHttp extends HttpClient {
  constructor(
    private readonly server: Server,
    options: ProviderOptions,
    authorize: Authorize,
  ) {
    super(server, options, authorize);
  }

  override async post(request: WireRequest, call: CallOptions = {}): Promise<unknown> {
    return super.post(request, call).catch((cause) => {
      throw this.explained(cause, request);
    });
  }

  /**
   * As post(), for what every server of this kind answers: the first request.
   * @throws invalid_response where something else serves; as post()
   */
  async first(request: WireRequest, call: CallOptions): Promise<unknown> {
    return super.post(request, call).catch((cause) => {
      throw this.explained(isUnknown(cause) ? notOfIts(cause) : cause, request);
    });
  }

  /**
   * The server's version: the answer itself, or its field of that name.
   * @throws unsupported for a version that is too old; as first()
   */
  async version(path: string, call: CallOptions): Promise<string> {
    const request: WireRequest = { path, method: "GET" };
    const answer = await this.first(request, call);
    const version = String(fields(answer).version ?? answer);
    if (!/^\d+\.\d+/.test(version)) throw this.strange(request, "no version");
    const { name, leastVersion } = this.server;
    if (isAtLeast(version, leastVersion)) return version;
    throw new PagevecError(
      "unsupported",
      `${name} is of version ${version} at ${this.shown(path)}; take ${leastVersion} or later`,
    );
  }

  /** For an answer that is none of this server's. @param problem e.g. "no version" */
  strange(request: WireRequest, problem: string): PagevecError {
    return this.explained(badAnswer(this.server, problem), request) as PagevecError;
  }

  /** Of a page that may not call the server fetch() says no more than of a server that is gone. */
  protected override unreachable(cause: unknown): PagevecError {
    const { name } = this.server;
    // Node's "fetch failed" has the reason behind it.
    const { message, code } = fields(fields(cause).cause);
    const behind = message || code ? `: ${message || code}` : "";
    return new PagevecError(
      "network",
      `${name} could not be reached (${reasonOf(cause)}${behind})`,
      { cause, provider: { provider: name, retryable: true } },
    );
  }

  private explained(cause: unknown, { path, method }: WireRequest): unknown {
    // What was refused before anything was sent says itself what to do.
    if (!(cause instanceof PagevecError) || !cause.provider) return cause;
    const help = this.helpFor(cause, this.addresses(path).url);
    return withNote(
      cause,
      `asked was ${method ?? "POST"} ${this.shown(path)}${help && `; ${help}`}`,
    );
  }

  /** An address without what may be secret in it. */
  private shown(path: string): string {
    const { origin, pathname } = this.addresses(path).url;
    return `${origin}${pathname}`;
  }

  private helpFor({ code, provider }: PagevecError, url: URL): string {
    const { status = 0, retryAfterMs } = provider ?? {};
    switch (code) {
      case "network":
        return `start the server, or correct its url${this.ofPages(url)}`;
      case "invalid_response":
        return `is ${this.server.title} there, of version ${this.server.leastVersion} or later? Else correct its url`;
      case "unauthorized":
        return status === 401
          ? "give a key that it knows: as apiKey, in headers, or by the server at proxyURL"
          : "the key, or whoever asks without one, lacks the right to do this: give another";
      case "rate_limited":
        return `try again ${retryAfterMs === undefined ? "later" : `in ${Math.ceil(retryAfterMs / 1000)} s`}, or raise the server's limit`;
      default:
        return status >= 500
          ? "the server's log, or that of a proxy before it, says why; try again later"
          : "";
    }
  }

  /** What else it may be in a page of another origin. */
  private ofPages({ origin }: URL): string {
    const { location } = globalThis;
    if (!location || location.origin === origin) return "";
    return `, or the server forbids pages of ${location.origin} to call it (CORS): ${this.server.fromPage}`;
  }
}

/** Whether it is the answer to a path or a method that is not known, which a server of this kind has. */
function isUnknown(cause: unknown): cause is PagevecError {
  return cause instanceof PagevecError && [404, 405].includes(cause.provider?.status ?? 0);
}

function notOfIts({ message, provider, cause }: PagevecError): PagevecError {
  return new PagevecError("invalid_response", message, { cause, ...(provider && { provider }) });
}
