import type { Authorize } from "../../providers/client/http.js";
import { HttpClient } from "../../providers/client/http.js";
import { invalid } from "../../providers/client/keys.js";
import type { Provider, ProviderOptions } from "../../providers/client/provider.js";

/** What every server of collections is opened with. */
export interface ServerOptions
  extends Pick<
    ProviderOptions,
    | "apiKey"
    | "proxyURL"
    | "fetch"
    | "headers"
    | "maxRetries"
    | "timeLimit"
    | "dangerouslyAllowBrowser"
  > {
  /** The server's address, e.g. "http://localhost:8000". */
  url: string;
}

/** Requests to one server. */
export interface ServerHttp {
  /** Requests that may be sent twice: reading, and what comes to the same when it is repeated. */
  again: HttpClient;
  /** Requests that are sent once: the second would be refused since the first was done. */
  once: HttpClient;
}

/** @throws invalid_argument without an address */
export function serverHttp(
  server: Provider,
  { url, ...options }: ServerOptions,
  authorize: Authorize,
): ServerHttp {
  if (typeof url !== "string") throw invalid(server, `needs its url, got ${String(url)}`);
  const client = { ...options, baseURL: url };
  return {
    again: new HttpClient(server, client, authorize),
    once: new HttpClient(server, { ...client, maxRetries: 0 }, authorize),
  };
}
