import { PagevecError } from "../errors.js";
import type { ProviderOptions } from "../providers/client/provider.js";

/** A module's part of a schema, by Weaviate's names (specs: moduleConfig). */
// biome-ignore lint/suspicious/noExplicitAny: a schema's values; each provider checks its own
export type Settings = Record<string, any>;

export interface Module<T> {
  /** Runs in a container or server of one's own: enableApiBasedModules leaves it out. */
  local?: boolean;
  /** Headers that may hold the key; the first that does counts. A function, where settings decide which. */
  keys?: string[] | ((settings: Settings, header: HeaderReader) => string[]);
  open: (settings: Settings, options: ProviderOptions, header: HeaderReader) => Promise<T>;
}

export type HeaderReader = (name: string) => string | undefined;

/** Weaviate's baseURL is an origin where ours has the version too. */
export function withVersion(origin: string | undefined, version = "/v1"): string | undefined {
  return origin && `${origin.replace(/\/+$/, "")}${version}`;
}

/** The headers in which Weaviate's clients put the key of the service that is meant: both spellings. */
export function googleKeys(settings: Settings): string[] {
  const service = isGemini(settings) ? "Studio" : "Vertex";
  return ["Goog", "Google"].flatMap((name) => [
    `X-${name}-${service}-Api-Key`,
    `X-${name}-Api-Key`,
  ]);
}

/** Whether a google module's settings mean the Gemini API rather than Vertex AI. */
export function isGemini({ apiEndpoint }: Settings): boolean {
  return /generativelanguage\.googleapis\.com/.test(apiEndpoint ?? "");
}

export interface AwsSettings {
  region: string;
  credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
}

/** Of the aws modules. */
export function awsSettings({ region }: Settings, header: HeaderReader): AwsSettings {
  const accessKeyId = header("X-AWS-Access-Key");
  const secretAccessKey = header("X-AWS-Secret-Key");
  const sessionToken = header("X-AWS-Session-Token");
  if (!accessKeyId || !secretAccessKey) return { region };
  return {
    region,
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) },
  };
}

/** Settings of an openai module with what clients may send of them. */
export function withAzureHeaders(settings: Settings, header: HeaderReader): Settings {
  return {
    ...settings,
    resourceName: settings.resourceName ?? header("X-Azure-Resource-Name"),
    deploymentId: settings.deploymentId ?? header("X-Azure-Deployment-Id"),
  };
}

/** Of openai modules. */
export function openAIKeys(settings: Settings, header: HeaderReader): string[] {
  const azure = isAzure(withAzureHeaders(settings, header));
  return [azure ? "X-Azure-Api-Key" : "X-OpenAI-Api-Key"];
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
