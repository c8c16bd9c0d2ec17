import { type Authorize, HttpClient } from "../../providers/client/http.js";
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

/** @throws invalid_argument without an address */
export function serverHttp(
  server: Provider,
  { url, ...options }: ServerOptions,
  authorize: Authorize,
): HttpClient {
  if (typeof url !== "string") throw invalid(server, `needs its url, got ${String(url)}`);
  return new HttpClient(server, { ...options, baseURL: url }, authorize);
}
