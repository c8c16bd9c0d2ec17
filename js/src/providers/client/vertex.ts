import { badAnswer, fields } from "./failure.js";
import { HttpClient } from "./http.js";
import type { Provider, ProviderOptions } from "./provider.js";

/** https://cloud.google.com/vertex-ai/docs/reference/rest */
export const GOOGLE_VERTEX: Provider = {
  name: "google-vertex",
  title: "Google Vertex AI",
  keyName: "GOOGLE_OAUTH_ACCESS_TOKEN",
  fromPage: "A page needs a short-lived OAuth token from elsewhere; give proxyURL.",
  embeds: { model: "text-embedding-005", texts: 250, tokens: 20_000, sides: true },
  generates: { model: "gemini-2.5-flash" },
};

const LOCATION = "us-central1";

export interface VertexProject {
  projectId: string;
  /** The region. Default "us-central1"; "global" is one too. */
  location?: string;
}

export function vertexClient(options: VertexProject & ProviderOptions): HttpClient {
  const { location = LOCATION } = options;
  const host = location === "global" ? "aiplatform" : `${location}-aiplatform`;
  const baseURL = `https://${host}.googleapis.com/v1`;
  return new HttpClient({ ...GOOGLE_VERTEX, baseURL }, options);
}

export function modelsPath({ projectId, location = LOCATION }: VertexProject): string {
  return `/projects/${projectId}/locations/${location}/publishers/google/models`;
}

export function predictRequest(
  project: VertexProject,
  model: string,
  instances: unknown[],
  parameters: Record<string, unknown>,
) {
  const asked = Object.values(parameters).some((value) => value !== undefined);
  return {
    path: `${modelsPath(project)}/${model}:predict`,
    body: { instances, ...(asked && { parameters }) },
  };
}

export function predictions(answer: unknown): unknown[] {
  const { predictions } = fields(answer);
  if (!Array.isArray(predictions)) throw badAnswer(GOOGLE_VERTEX, "no list of predictions");
  return predictions;
}
