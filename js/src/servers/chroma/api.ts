import { PagevecError, type PagevecErrorCode } from "../../errors.js";
import { fields } from "../../providers/client/failure.js";
import { keyHeader, type WireRequest } from "../../providers/client/http.js";
import { nameTaken, noSuchCollection } from "../../storage/errors.js";
import type { CallOptions } from "../../types.js";
import { wrongDimension } from "../client/checks.js";
import { type ServerOptions, serverHttp } from "../client/options.js";
import type { Server, ServerHttp } from "../client/server-http.js";

/** https://docs.trychroma.com/reference/server-api; the server itself shows it under /docs. */
export const CHROMA: Server = {
  name: "chroma",
  title: "Chroma",
  leastVersion: "1.0",
  fromPage: "name the page's origin in the server's cors_allow_origins (docs/servers.md).",
};

export interface ChromaOptions extends ServerOptions {
  /** Default "default_tenant". */
  tenant?: string;
  /** Default "default_database". */
  database?: string;
}

/** What a request is about, for the errors of the server. */
export interface Subject {
  /** Of a collection. */
  name?: string | undefined;
  id?: string | undefined;
  /** Of vectors: "the query". */
  owner?: string;
}

const CODES: Record<number, PagevecErrorCode> = {
  400: "invalid_argument",
  404: "not_found",
  413: "limit_exceeded",
  422: "invalid_argument",
  501: "unsupported",
};

/** Requests to one database of one Chroma server, and what it answered about itself. */
export class ChromaApi {
  private readonly http: ServerHttp;
  private readonly path: string;
  /** Most records a request, and whether vectors may be base64: answered to connect(). */
  maxBatchSize = 0;
  takesBase64 = false;

  constructor({
    tenant = "default_tenant",
    database = "default_database",
    ...rest
  }: ChromaOptions) {
    this.http = serverHttp(CHROMA, rest, keyHeader("x-chroma-token"));
    const [owner, name] = [tenant, database].map(encodeURIComponent);
    this.path = `/api/v2/tenants/${owner}/databases/${name}`;
  }

  /**
   * @throws network, unauthorized, not_found for the database or its tenant, invalid_response where
   *   something else serves, unsupported for a version that is too old
   */
  async connect(call: CallOptions): Promise<void> {
    const request: WireRequest = { method: "GET", path: "/api/v2/pre-flight-checks" };
    const limits = fields(await this.http.first(request, call));
    const most = Number(limits.max_batch_size);
    if (!(most > 0)) throw this.http.strange(request, "no max_batch_size");
    this.maxBatchSize = most;
    this.takesBase64 = limits.supports_base64_encoding === true;
    // Versions before 1.0 answer these paths, too, but not with this.
    if (limits.supports_base64_encoding === undefined) {
      await this.http.version("/api/v2/version", call);
    }
    await this.ask({ method: "GET", path: "" }, {}, call);
  }

  /** @param request its path is below the database's */
  ask(
    { path, ...request }: WireRequest,
    subject: Subject,
    { signal }: CallOptions,
  ): Promise<unknown> {
    const whole = { ...request, path: `${this.path}${path}` };
    return this.http.post(whole, signal ? { signal } : {}).catch((cause) => {
      throw refusal(cause, subject);
    });
  }
}

/** The server's refusals by our codes. */
function refusal(cause: unknown, { name, id, owner = "document 0" }: Subject): unknown {
  if (!(cause instanceof PagevecError) || cause.provider?.status === undefined) return cause;
  const { message, provider } = cause;
  const { status = 0, type } = provider;
  const dimensions = /with dimension of (\d+), got (\d+)/.exec(message);
  if (dimensions) return wrongDimension(owner, Number(dimensions[2]), Number(dimensions[1]));
  const taken = status === 409 || message.includes("UNIQUE constraint failed: collections.name");
  if (taken && name !== undefined) return nameTaken(name);
  const code = CODES[status];
  // Of a path that is none the server does not say so: then it is no Chroma, or an older one.
  if (!code || (code === "not_found" && type !== "NotFoundError")) return cause;
  if (code === "not_found" && id !== undefined) return noSuchCollection(id);
  return new PagevecError(code, message, { cause, provider });
}
