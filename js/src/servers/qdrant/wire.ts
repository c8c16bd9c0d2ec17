import { PagevecError, type PagevecErrorCode } from "../../errors.js";
import { badAnswer, fields } from "../../providers/client/failure.js";
import { keyHeader, type WireRequest } from "../../providers/client/http.js";
import type { CallOptions } from "../../types.js";
import { type ServerOptions, serverHttp } from "../client/options.js";
import type { Server, ServerHttp } from "../client/server-http.js";
import { isAtLeast } from "../client/versions.js";

/** https://api.qdrant.tech/api-reference */
export const QDRANT: Server = {
  name: "qdrant",
  title: "Qdrant",
  // The first with /points/query.
  leastVersion: "1.10",
  keyName: "QDRANT_API_KEY",
  keyIsOptional: true,
  fromPage: "Qdrant lets pages call it unless service.enable_cors is false in its configuration.",
};

/** A point as requests and answers have it. */
export interface Point {
  id: string;
  payload?: object | null;
  vector?: number[] | null;
}

export interface ScoredPoint extends Point {
  score: number;
}

/**
 * The condition that a string has a text in it, as it is: up to 1.19 `text`, without a text index on the
 * field, which nobody makes here; from 1.20 on `text` looks for words and `substring` for the text.
 */
export type TextMatch = "text" | "substring";

/** The first version where `text` is another condition than `substring`. */
const SUBSTRING_VERSION = "1.20";

/** What a condition of a filter may be, of what is used here. */
export type QdrantCondition =
  | { key: string; match: { value: boolean } | { any: string[] } | Record<TextMatch, string> }
  | { key: string; range: Partial<Record<"gt" | "gte" | "lt" | "lte", number>> }
  | { has_id: string[] }
  | { is_empty: { key: string } }
  | QdrantFilter;

export interface QdrantFilter {
  must?: QdrantCondition[];
  should?: QdrantCondition[];
  must_not?: QdrantCondition[];
}

/** Asks a Qdrant server by its REST interface. */
export class Wire {
  /** Known with the version. */
  byText: TextMatch = "text";
  private readonly http: ServerHttp;

  constructor(options: ServerOptions) {
    // Whatever is sent may be sent twice: points are put in place whole.
    this.http = serverHttp(QDRANT, options, keyHeader("api-key"));
  }

  /** @throws unsupported for a server that is too old; network, unauthorized, invalid_response */
  async connect(call: CallOptions): Promise<void> {
    const version = await this.http.version("/", call).catch((cause) => {
      throw inOurWords(cause);
    });
    this.byText = isAtLeast(version, SUBSTRING_VERSION) ? "substring" : "text";
  }

  /**
   * Like send(), of the answer the result.
   * @param path below the address, e.g. "/collections"
   */
  async ask<T>(request: WireRequest, call: CallOptions): Promise<T> {
    const { result } = fields(await this.send(request, call));
    if (result === undefined || result === null) throw badAnswer(QDRANT, "without a result");
    return result as T;
  }

  /** As ask(); null for what is not there. */
  async find<T>(request: WireRequest, call: CallOptions): Promise<T | null> {
    return this.ask<T>(request, call).catch((cause) => {
      if (statusOf(cause) === 404) return null;
      throw cause;
    });
  }

  /** The whole answer. @throws unauthorized, rate_limited, limit_exceeded, provider_failed, network, ... */
  async send(request: WireRequest, call: CallOptions): Promise<unknown> {
    return this.http.post(request, call).catch((cause) => {
      throw inOurWords(cause);
    });
  }
}

function statusOf(cause: unknown): number | undefined {
  return cause instanceof PagevecError ? cause.provider?.status : undefined;
}

/** What Qdrant says in the texts of its errors alone. */
const CODES: [said: RegExp, code: PagevecErrorCode][] = [
  [/Vector dimension error/, "dimension_mismatch"],
  [/is larger than allowed|Limit exceeded/, "limit_exceeded"],
];

function inOurWords(cause: unknown): unknown {
  if (!(cause instanceof PagevecError) || cause.code !== "provider_failed") return cause;
  const { message, provider } = cause;
  const found = CODES.find(([said]) => said.test(message));
  return found ? new PagevecError(found[1], message, { cause, provider }) : cause;
}
