import { PagevecError } from "../errors.js";
import type { Generator } from "../types/generator.js";
import type { Media } from "../types/media.js";
import type { CallOptions } from "../types.js";
import { estimateTokens, splitBatches } from "./client/batches.js";
import { type BedrockModelOptions, embeddingFamily } from "./client/bedrock-embeddings.js";
import { modelFamily, modelPieces, modelRequest } from "./client/bedrock-models.js";
import { KEY_NAME } from "./client/config.js";
import { conversePieces, converseRequest, readConverse } from "./client/converse.js";
import {
  embedBatches,
  type RemoteEmbeddingFunction,
  remoteEmbedding,
  type Side,
} from "./client/embedding.js";
import { type GeneratorOptions, remoteGenerator } from "./client/generation.js";
import { HttpClient } from "./client/http.js";
import { invalid } from "./client/keys.js";
import { type MediaItem, type RemoteMediaFunction, remoteMedia } from "./client/media-embedding.js";
import type { Provider } from "./client/provider.js";
import { type AwsOptions, sigV4 } from "./client/sigv4.js";

/** https://docs.aws.amazon.com/bedrock/latest/APIReference */
export const AWS_BEDROCK: Provider = {
  name: "aws-bedrock",
  title: "Amazon Bedrock",
  keyName: "AWS_BEARER_TOKEN_BEDROCK",
  fromPage: "it is not known that Bedrock answers pages; give proxyURL.",
  embeds: { model: "amazon.titan-embed-text-v1", sides: true },
  generates: {},
};

/** `apiKey` is a Bedrock API key, sent as bearer token; else `credentials` sign each request. */
export interface AwsBedrockEmbeddingOptions extends BedrockModelOptions, AwsOptions {}

export interface AwsBedrockMediaOptions extends AwsBedrockEmbeddingOptions {
  /** Of Titan image, Nova, or Cohere. */
  model: string;
}

export interface AwsBedrockGeneratorOptions extends GeneratorOptions, AwsOptions {
  /**
   * "converse" is one form for all chat models; "invoke" speaks each family's own: Nova, Titan text,
   * Claude, Jurassic, Command, Mistral and Llama. Default "converse".
   */
  api?: "converse" | "invoke";
}

/** Chroma's name for it, and its keys. */
const CHROMA_NAME = "amazon_bedrock";
export const AWS_BEDROCK_CONFIG = {
  ...KEY_NAME,
  model_name: "model",
  "session_args.region_name": "region",
  dimensions: "dimensions",
  task: "task",
  truncate: "truncate",
  normalize: "normalize",
} as const;

/**
 * Texts to vectors by Titan, Nova or Cohere on Bedrock.
 * @throws invalid_argument for another model
 */
export function awsBedrockEmbedding(options: AwsBedrockEmbeddingOptions): RemoteEmbeddingFunction {
  const { model = AWS_BEDROCK.embeds?.model as string } = options;
  const family = embeddingFamily(AWS_BEDROCK, model);
  const batchSize = Math.min(options.batchSize ?? family.texts, family.texts);
  const toItem = (source: string, index: number) => ({ kind: "texts" as const, source, index });
  return remoteEmbedding(bedrockClient(options), {
    options: { ...options, model, batchSize },
    name: CHROMA_NAME,
    config: AWS_BEDROCK_CONFIG,
    request: async (texts, side) =>
      invocation(model, await family.body(texts.map(toItem), side, options)),
    read: (answer) => family.read(AWS_BEDROCK, answer),
  });
}

export interface AwsBedrockMediaFunction extends RemoteMediaFunction {
  /**
   * One vector for a text and an image together.
   * @throws unsupported for other models than Titan image
   */
  embedPairs(pairs: { text: string; image: Media }[], call?: CallOptions): Promise<number[][]>;
}

/**
 * Texts and images to vectors by Titan image, Nova or Cohere on Bedrock.
 * @throws invalid_argument for another model
 */
export function awsBedrockMedia(options: AwsBedrockMediaOptions): AwsBedrockMediaFunction {
  const { model, batchSize } = options;
  const family = embeddingFamily(AWS_BEDROCK, model);
  const count = Math.min(batchSize ?? family.texts, family.texts);
  const client = bedrockClient(options);
  const request = async (items: MediaItem[], side: Side) =>
    invocation(model, await family.body(items, side, options));
  const read = (answer: unknown) => family.read(AWS_BEDROCK, answer);
  const media = remoteMedia(client, {
    options,
    name: CHROMA_NAME,
    config: AWS_BEDROCK_CONFIG,
    kinds: family.kinds,
    batches: (items) => {
      const texts = items.filter(({ kind }) => kind === "texts");
      const files = items.filter(({ kind }) => kind !== "texts");
      return [...splitBatches(texts, { count }, () => 0), ...files.map((file) => [file])];
    },
    request,
    read,
  });
  const embedPairs: AwsBedrockMediaFunction["embedPairs"] = async (pairs, call = {}) => {
    if (!family.pairs) {
      throw new PagevecError("unsupported", `${model} gives text and image no common vector`);
    }
    const batches = pairs.map(({ text, image }, index): MediaItem[][] => [
      [
        { kind: "texts", source: text, index },
        { kind: "images", source: image, index },
      ],
    ]);
    return embedBatches(client, options, batches, call, {
      request: ([pair = []]) => request(pair, "document"),
      read,
      tokensOf: ([text]) => estimateTokens(text?.source as string),
    });
  };
  return { ...media, embedPairs };
}

/** Answers by a model of Bedrock, which has to be named. */
export function awsBedrockGenerator(options: AwsBedrockGeneratorOptions): Generator {
  const converses = (options.api ?? "converse") === "converse";
  return remoteGenerator(bedrockClient(options), {
    options,
    request: async (request, stream) => {
      const operation = converses ? "converse" : "invoke";
      const streamed = converses ? "converse-stream" : "invoke-with-response-stream";
      return {
        path: `${modelPath(request.model)}/${stream ? streamed : operation}`,
        body: await (converses
          ? converseRequest(request)
          : modelRequest(AWS_BEDROCK, request, stream)),
      };
    },
    read: (answer, request) =>
      converses
        ? readConverse(AWS_BEDROCK, answer)
        : modelFamily(AWS_BEDROCK, request.model ?? "").read(AWS_BEDROCK, answer),
    pieces: (body, { model = "" }) =>
      converses ? conversePieces(AWS_BEDROCK, body) : modelPieces(AWS_BEDROCK, body, model),
  });
}

function bedrockClient(options: AwsOptions): HttpClient {
  const baseURL = `https://bedrock-runtime.${options.region}.amazonaws.com`;
  // Credentials may take the key's place; sigV4() says when both are missing.
  const provider = { ...AWS_BEDROCK, baseURL, keyIsOptional: true };
  return new HttpClient(provider, options, sigV4(AWS_BEDROCK, "bedrock", options));
}

/** @throws invalid_argument without a model */
function modelPath(model: string | undefined): string {
  if (!model) throw invalid(AWS_BEDROCK, "needs the model's name or ARN");
  return `/model/${encodeURIComponent(model)}`;
}

function invocation(model: string, body: unknown) {
  return { path: `${modelPath(model)}/invoke`, body };
}
