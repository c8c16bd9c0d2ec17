import type { Authorize } from "../../providers/client/http.js";
import { invalid } from "../../providers/client/keys.js";
import type { ProviderOptions } from "../../providers/client/provider.js";
import { type Server, ServerHttp } from "./server-http.js";

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

/** @throws invalid_argument for an address that is none, or has more in it than one */
export function serverHttp(
  server: Server,
  { url, ...options }: ServerOptions,
  authorize: Authorize,
): ServerHttp {
  checkAddress(server, "url", url);
  if (options.proxyURL !== undefined) checkAddress(server, "proxyURL", options.proxyURL);
  return new ServerHttp(server, { ...options, baseURL: url }, authorize);
}

function checkAddress(server: Server, option: "url" | "proxyURL", address: unknown): void {
  if (typeof address !== "string") {
    throw invalid(server, `needs its ${option}, got ${String(address)}`);
  }
  // In a page it may be relative to the page.
  const base = globalThis.location?.href;
  const parts = URL.canParse(address, base) ? new URL(address, base) : null;
  // "localhost:8000" is a URL, too: of the protocol localhost.
  if (!parts || !/^https?:$/.test(parts.protocol)) {
    const shown = JSON.stringify(address.replace(/^.*@|[?#].*$/gs, "..."));
    throw invalid(server, `has ${shown} as ${option}; give one with http:// or https:// in front`);
  }
  const { username, password, search, hash } = parts;
  // Not shown: this is where keys stand.
  if (username || password || search || hash) {
    throw invalid(
      server,
      `has a ${option} with a user, a "?" or a "#" in it; give the address alone, and keys as apiKey or in headers`,
    );
  }
}
