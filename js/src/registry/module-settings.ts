import { PagevecError } from "../errors.js";
import type { ProviderOptions } from "../providers/client/provider.js";

/** A module's part of a schema, by Weaviate's names (specs: moduleConfig). */
// biome-ignore lint/suspicious/noExplicitAny: a schema's values; each provider checks its own
export type Settings = Record<string, any>;

export interface Module<T> {
  /** Runs in a container or server of one's own: enableApiBasedModules leaves it out. */
  local?: boolean;
  /** Headers that may hold the key; the first that does counts. */
  keys?: string[];
  open: (
    settings: Settings,
    options: ProviderOptions,
    header: (name: string) => string | undefined,
  ) => Promise<T>;
}

/** Weaviate's baseURL is an origin where ours has the version too. */
export function withVersion(origin: string | undefined, version = "/v1"): string | undefined {
  return origin && `${origin.replace(/\/+$/, "")}${version}`;
}

/** The headers in which Weaviate's clients put Google's keys: both spellings. */
export function googleKeys(service: "Studio" | "Vertex"): string[] {
  return ["Goog", "Google"].flatMap((name) => [
    `X-${name}-${service}-Api-Key`,
    `X-${name}-Api-Key`,
  ]);
}

/** Whether a google module's settings mean the Gemini API rather than Vertex AI. */
export function isGemini({ apiEndpoint }: Settings): boolean {
  return /generativelanguage\.googleapis\.com/.test(apiEndpoint ?? "");
}

/** A google module's key by the service that its settings mean. */
export function googleKey(settings: Settings, header: (name: string) => string | undefined) {
  const names = googleKeys(isGemini(settings) ? "Studio" : "Vertex");
  return names.map(header).find(Boolean);
}

export interface AwsSettings {
  region: string;
  credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
}

/** Of the aws modules. */
export function awsSettings(
  { region }: Settings,
  header: (name: string) => string | undefined,
): AwsSettings {
  const accessKeyId = header("X-AWS-Access-Key");
  const secretAccessKey = header("X-AWS-Secret-Key");
  const sessionToken = header("X-AWS-Session-Token");
  if (!accessKeyId || !secretAccessKey) return { region };
  return {
    region,
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) },
  };
}

/**
 * Whether an openai module's settings mean Azure: Weaviate's rule.
 * @throws invalid_argument for one of the two names without the other
 */
export function isAzure({ isAzure, resourceName, deploymentId, baseURL }: Settings): boolean {
  if (isAzure) return true;
  if (Boolean(resourceName) !== Boolean(deploymentId) && !baseURL) {
    throw new PagevecError(
      "invalid_argument",
      "Azure needs both resourceName and deploymentId in a module's settings",
    );
  }
  return Boolean(resourceName && deploymentId);
}
