import { PagevecError } from "../../errors.js";
import type { Provider, ProviderOptions } from "./provider.js";

/**
 * The key to send, or undefined where none is known.
 * @throws invalid_argument for what is no key, and when the service needs one and nobody adds it
 */
export async function findKey(
  provider: Provider,
  options: ProviderOptions,
): Promise<string | undefined> {
  const { apiKey, apiKeyName = provider.keyName, baseURL, proxyURL } = options;
  const given = typeof apiKey === "function" ? await apiKey() : apiKey;
  const key = given ?? fromEnvironment(apiKeyName);
  if (key === undefined) {
    const needed = provider.keyName && !provider.keyIsOptional && !baseURL && !proxyURL;
    if (needed)
      throw invalid(provider, `needs a key: pass apiKey, or proxyURL, or set ${apiKeyName}`);
    return undefined;
  }
  // The value may be a key that was pasted wrongly: it is not shown.
  if (!isKey(key)) {
    throw invalid(provider, "has an apiKey that is no text of visible ASCII characters");
  }
  return key;
}

/** Whether a value can be sent in a header as it is. */
export function isKey(value: unknown): value is string {
  return typeof value === "string" && /^[\x21-\x7e]+$/.test(value);
}

/**
 * Whether credentials may go to an address.
 * @throws invalid_argument for a page, unless it was allowed, and for plain http to another machine
 */
export function checkCredentials(provider: Provider, options: ProviderOptions, url: URL): void {
  if (inPage() && !options.dangerouslyAllowBrowser) {
    throw invalid(
      provider,
      "was given a key in a page, where whoever opens the page can read it; give proxyURL instead " +
        "(docs/providers.md), or pass dangerouslyAllowBrowser: true",
    );
  }
  if (url.protocol !== "https:" && !isLoopback(url.hostname)) {
    throw invalid(provider, `would send a key to ${url.origin} unencrypted; use https`);
  }
}

/** What is shorter is no secret, and could be part of any word. */
const SHORTEST_SECRET = 6;

/** The text without the secrets that a service may have repeated, also where an excerpt cut one. */
export function redact(text: string, secrets: Iterable<string>): string {
  let clean = text;
  for (const secret of secrets) {
    if (secret.length < SHORTEST_SECRET) continue;
    clean = clean.replaceAll(secret, "[key]");
    for (let end = secret.length - 1; end >= SHORTEST_SECRET; end--) {
      clean = clean.replaceAll(`${secret.slice(0, end)}...`, "[key]...");
    }
  }
  return clean;
}

export function invalid(provider: Provider, problem: string): PagevecError {
  return new PagevecError("invalid_argument", `${provider.name} ${problem}`);
}

export function fromEnvironment(name: string | undefined): string | undefined {
  const { process } = globalThis as { process?: { env?: Record<string, string | undefined> } };
  return (name && process?.env?.[name]) || undefined;
}

function inPage(): boolean {
  const { WorkerGlobalScope: Worker } = globalThis as { WorkerGlobalScope?: unknown };
  return typeof document !== "undefined" || typeof Worker === "function";
}

function isLoopback(host: string): boolean {
  return host === "[::1]" || /^127(\.\d+){3}$|(^|\.)localhost$/.test(host);
}
