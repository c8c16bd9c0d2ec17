import {
  type EmbeddingOptions,
  type RemoteEmbeddingFunction,
  remoteEmbedding,
} from "./client/embedding.js";
import { badAnswer } from "./client/failure.js";
import { HttpClient } from "./client/http.js";
import type { Provider } from "./client/provider.js";
import { type AwsOptions, sigV4 } from "./client/sigv4.js";

/** https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html */
export const AWS_SAGEMAKER: Provider = {
  name: "aws-sagemaker",
  title: "Amazon SageMaker",
  keyName: "AWS_ACCESS_KEY_ID",
  fromPage: "Whether SageMaker answers pages is not known; give proxyURL.",
  embeds: {},
};

export interface AwsSagemakerEmbeddingOptions extends EmbeddingOptions, AwsOptions {
  /** The endpoint's name; it holds the model. */
  endpoint: string;
  /** Of an endpoint with several models: the one's file. */
  targetModel?: string;
  /** Of an endpoint with several variants: the one's name. */
  targetVariant?: string;
}

export const AWS_SAGEMAKER_CONFIG = {
  endpoint: "endpoint",
  model_name: "model",
  region_name: "region",
  target_model: "targetModel",
  target_variant: "targetVariant",
  dimensions: "dimensions",
} as const;

/** Texts to vectors by an endpoint of SageMaker that takes `{ inputs }` and gives a list of vectors. */
export function awsSagemakerEmbedding(
  options: AwsSagemakerEmbeddingOptions,
): RemoteEmbeddingFunction {
  const { region, endpoint, targetModel, targetVariant } = options;
  const baseURL = `https://runtime.sagemaker.${region}.amazonaws.com`;
  const authorize = sigV4(AWS_SAGEMAKER, "sagemaker", options);
  // What the environment holds is no key to send: sigV4() finds it.
  const provider = { ...AWS_SAGEMAKER, baseURL, keyName: undefined };
  return remoteEmbedding(new HttpClient(provider, options, authorize), {
    options,
    config: AWS_SAGEMAKER_CONFIG,
    request: (inputs) => ({
      path: `/endpoints/${encodeURIComponent(endpoint)}/invocations`,
      headers: {
        ...(targetModel && { "x-amzn-sagemaker-target-model": targetModel }),
        ...(targetVariant && { "x-amzn-sagemaker-target-variant": targetVariant }),
      },
      body: { inputs },
    }),
    read: (answer) => {
      if (!Array.isArray(answer)) throw badAnswer(AWS_SAGEMAKER, "no list of vectors");
      return { vectors: answer };
    },
  });
}
