import { HttpClient, type WireRequest } from "./http.js";
import { invalid } from "./keys.js";
import type { Provider } from "./provider.js";
import { type AwsOptions, sigV4 } from "./sigv4.js";

/** https://docs.aws.amazon.com/bedrock/latest/APIReference */
export const AWS_BEDROCK: Provider = {
  name: "aws-bedrock",
  title: "Amazon Bedrock",
  keyName: "AWS_BEARER_TOKEN_BEDROCK",
  fromPage: "Whether Bedrock answers pages is not known; give proxyURL.",
  embeds: { model: "amazon.titan-embed-text-v1", sides: true },
  generates: {},
};

export function bedrockClient(options: AwsOptions): HttpClient {
  const baseURL = `https://bedrock-runtime.${options.region}.amazonaws.com`;
  // Credentials may take the key's place; sigV4() says when both are missing.
  const provider = { ...AWS_BEDROCK, baseURL, keyIsOptional: true };
  return new HttpClient(provider, options, sigV4(AWS_BEDROCK, "bedrock", options));
}

/** @throws invalid_argument without a model */
export function modelPath(model: string | undefined): string {
  if (!model) throw invalid(AWS_BEDROCK, "needs the model's name or ARN");
  return `/model/${encodeURIComponent(model)}`;
}

export function invocation(model: string, body: unknown): WireRequest {
  return { path: `${modelPath(model)}/invoke`, body };
}
