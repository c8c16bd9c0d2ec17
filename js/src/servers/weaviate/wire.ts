import type { Wanted } from "../../database/methods.js";
import { PagevecError } from "../../errors.js";
import { badAnswer, fields } from "../../providers/client/failure.js";
import { noSuchCollection } from "../../storage/errors.js";
import type { CallOptions } from "../../types.js";
import type { Server, ServerHttp } from "../client/server-http.js";

export const WEAVIATE: Server = {
  name: "weaviate",
  title: "Weaviate",
  // The first with the filters Not.
  leastVersion: "1.33",
  keyIsOptional: true,
  fromPage: "start the server with CORS_ALLOW_ORIGIN set to the page's origin, or to *.",
};

/** Most rows of an answer, and the largest offset + limit: the server's QUERY_MAXIMUM_RESULTS. */
export const MOST_ROWS = 10_000;

/** An object as GraphQL tells it; what was not asked for is missing. */
export interface FoundObject {
  key: string;
  place: number;
  document?: string | null;
  /** JSON text. */
  metadata?: string | null;
  _additional: {
    vector?: number[];
    distance?: number;
    /** A number, as text. */
    score?: string;
  };
}

/** What GraphQL is asked to tell of an object. */
export function columns(wanted: Partial<Wanted>, measure = ""): string {
  const { documents, metadatas, embeddings } = wanted;
  const more = `${embeddings ? "vector " : ""}${measure}`;
  return `key place ${documents ? "document " : ""}${metadatas ? "metadata " : ""}${
    more && `_additional{${more}}`
  }`;
}

/** A text in GraphQL: its escapes are JSON's. */
export const quoted = (text: string): string => JSON.stringify(text);

/** Requests of one server. */
export class Wire {
  constructor(private readonly http: ServerHttp) {}

  /** @throws unsupported for a server that is too old; network, unauthorized, invalid_response */
  version(call: CallOptions): Promise<string> {
    return this.http.version("/v1/meta", call);
  }

  async get(path: string, call: CallOptions): Promise<Record<string, unknown>> {
    return fields(await this.http.post({ path: `/v1/${path}`, method: "GET" }, call));
  }

  /** null: there is none. */
  async find(path: string, call: CallOptions): Promise<Record<string, unknown> | null> {
    return this.get(path, call).catch((cause) => {
      if ((cause as PagevecError).provider?.status === 404) return null;
      throw cause;
    });
  }

  /** What comes to the same when it is sent twice. */
  async send(
    path: string,
    method: "POST" | "PUT" | "DELETE",
    body: unknown,
    call: CallOptions,
  ): Promise<unknown> {
    const verb = method === "POST" ? {} : { method };
    return this.http.post({ path: `/v1/${path}`, ...verb, body }, call);
  }

  /** What is refused the second time. */
  async create(path: string, body: unknown, call: CallOptions): Promise<void> {
    await this.http.post({ path: `/v1/${path}`, body, once: true }, call);
  }

  /**
   * Objects of a class, a list for each of the arguments.
   * @param told what columns() gives
   * @throws not_found when the class is gone
   */
  async search(
    { id, className }: { id: string; className: string },
    searches: readonly string[],
    told: string,
    call: CallOptions,
  ): Promise<FoundObject[][]> {
    const parts = searches.map((search, i) => `q${i}:${className}(${search}){${told}}`);
    const query = `{Get{${parts.join(" ")}}}`;
    const { Get } = await this.graphql(query, call).catch((cause) => {
      // The schema of GraphQL is made of the classes that there are.
      const gone = /Cannot query field/.test(cause.message) && cause.message.includes(className);
      throw gone ? noSuchCollection(id) : cause;
    });
    const lists = fields(Get);
    return searches.map((_, i) => {
      const list = lists[`q${i}`];
      if (Array.isArray(list)) return list as FoundObject[];
      throw badAnswer(WEAVIATE, `no list of objects for ${className}`);
    });
  }

  async graphql(query: string, call: CallOptions): Promise<Record<string, unknown>> {
    const answer = await this.http.post({ path: "/v1/graphql", body: { query } }, call);
    const { data, errors } = fields(answer);
    if (!Array.isArray(errors) || errors.length === 0) return fields(data);
    const said = String(fields(errors[0]).message);
    throw new PagevecError("provider_failed", `weaviate refused a query: ${said}`, {
      provider: { provider: WEAVIATE.name, status: 200, retryable: false },
    });
  }
}
