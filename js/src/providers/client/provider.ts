import type { TokenUsage } from "../../types/generator.js";
import type { MediaInputs } from "../../types/media.js";

/** What is known of a service; the code works by it, and docs/providers.md is made from it. */
export interface Provider {
  /** As in errors and in Chroma's configurations. */
  readonly name: string;
  readonly title: string;
  /** The environment variable that holds the key where there is an environment. */
  readonly keyName?: string;
  /** Some of its services need no key. */
  readonly keyIsOptional?: boolean;
  readonly baseURL?: string;
  /** Whether a page can ask it directly, and what that takes. */
  readonly fromPage: string;
  /** HTTP statuses that are tried again besides the usual ones. */
  readonly retriedStatuses?: readonly number[];
  readonly embeds?: {
    readonly model?: string;
    /** Most texts a request. */
    readonly texts?: number;
    /** Most tokens a request. */
    readonly tokens?: number;
    /** Queries are embedded unlike documents. */
    readonly sides?: boolean;
    /** What its multi-modal models take. */
    readonly media?: readonly (keyof MediaInputs)[];
  };
  readonly reranks?: { readonly model?: string; readonly documents?: number };
  readonly generates?: { readonly model?: string };
}

/** Options that every provider takes. */
export interface ProviderOptions {
  /**
   * The key, or a function that is asked for it before each request. Default: the environment
   * variable `apiKeyName`, where there is an environment. It is stored, logged and shown nowhere.
   */
  apiKey?: string | (() => string | Promise<string>);
  /** The environment variable's name; the only thing about the key that a collection remembers. */
  apiKeyName?: string;
  /** The service's address up to what its paths have in common. */
  baseURL?: string;
  /**
   * The address of your own server, which adds the key and passes requests on: it takes the place of
   * the service's origin. See docs/providers.md.
   */
  proxyURL?: string;
  /** In the place of the global fetch. */
  fetch?: typeof fetch;
  /** Sent besides, e.g. your proxy's session. */
  headers?: Record<string, string>;
  /** How often a failed request is tried again. Default 2. */
  maxRetries?: number;
  /**
   * Milliseconds that a request may take with all its retries and waits; of a stream, the time
   * between two pieces. Default 120,000.
   */
  timeLimit?: number;
  /** Requests of one call that are under way at once. Default 4. */
  maxConcurrency?: number;
  /** Limits of your account: requests, and estimated tokens, are spread over the minute. */
  requestsPerMinute?: number;
  tokensPerMinute?: number;
  /** Inputs a request, when the service takes fewer than usual. */
  batchSize?: number;
  /** Allows a key in a page, where whoever opens the page can read it. */
  dangerouslyAllowBrowser?: boolean;
  /** Told what each request is billed for. */
  onUsage?: (usage: TokenUsage) => void;
}
