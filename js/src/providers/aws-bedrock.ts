import { PagevecError } from "../errors.js";
import type { Generator } from "../types/generator.js";
import type { Media } from "../types/media.js";
import type { CallOptions } from "../types.js";
import { estimateTokens } from "./client/batches.js";
import { AWS_BEDROCK, bedrockClient, invocation, modelPath } from "./client/bedrock.js";
import { CONVERSE, INVOKE } from "./client/bedrock-apis.js";
import {
  type BedrockModelOptions,
  embeddingFamily,
  type FamilyInput,
} from "./client/bedrock-embeddings.js";
import { KEY_NAME } from "./client/config.js";
import {
  checkTexts,
  embedInputs,
  type InputWire,
  type RemoteEmbeddingFunction,
  remoteEmbedding,
  type Side,
} from "./client/embedding.js";
import { type GeneratorOptions, remoteGenerator } from "./client/generation.js";
import { type RemoteMediaFunction, remoteMedia } from "./client/media-embedding.js";
import type { AwsOptions } from "./client/sigv4.js";

export { AWS_BEDROCK };

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

const toInput = (source: string) => ({ kind: "texts" as const, source });

/**
 * Texts to vectors by Titan, Nova or Cohere on Bedrock.
 * @throws invalid_argument for another model
 */
export function awsBedrockEmbedding(options: AwsBedrockEmbeddingOptions): RemoteEmbeddingFunction {
  const { model = AWS_BEDROCK.embeds?.model as string } = options;
  const family = embeddingFamily(AWS_BEDROCK, model);
  const batchSize = Math.min(options.batchSize ?? family.texts, family.texts);
  return remoteEmbedding(bedrockClient(options), {
    options: { ...options, model, batchSize },
    name: CHROMA_NAME,
    config: AWS_BEDROCK_CONFIG,
    request: async (texts, side) =>
      invocation(model, await family.body(texts.map(toInput), side, options)),
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
  const { model } = options;
  const family = embeddingFamily(AWS_BEDROCK, model);
  const batchSize = Math.min(options.batchSize ?? family.texts, family.texts);
  const client = bedrockClient(options);
  const request = async (items: readonly FamilyInput[], side: Side) =>
    invocation(model, await family.body(items, side, options));
  const read = (answer: unknown) => family.read(AWS_BEDROCK, answer);
  const media = remoteMedia(client, {
    options: { ...options, batchSize },
    name: CHROMA_NAME,
    config: AWS_BEDROCK_CONFIG,
    kinds: family.kinds,
    files: 1,
    request,
    read,
  });
  const embedPairs: AwsBedrockMediaFunction["embedPairs"] = async (pairs, call = {}) => {
    if (!family.pairs) {
      throw new PagevecError("unsupported", `${model} gives text and image no common vector`);
    }
    const texts = pairs.map(({ text }) => text);
    checkTexts(AWS_BEDROCK, texts);
    const inputs = pairs.map(({ text, image }): FamilyInput[] => [
      toInput(text),
      { kind: "images", source: image },
    ]);
    const wire: InputWire<FamilyInput[]> = {
      options,
      split: (all) => all.map((pair) => [pair]),
      tokensOf: ([text]) => estimateTokens(text?.source as string),
      request: ([pair = []]) => request(pair, "document"),
      read,
    };
    return embedInputs(client, wire, inputs, call);
  };
  return { ...media, embedPairs };
}

/** Answers by a model of Bedrock, which has to be named. */
export function awsBedrockGenerator(options: AwsBedrockGeneratorOptions): Generator {
  const wire = options.api === "invoke" ? INVOKE : CONVERSE;
  return remoteGenerator(bedrockClient(options), {
    ...wire,
    options,
    request: async (request, stream) => ({
      path: `${modelPath(request.model)}/${wire.operations[stream ? 1 : 0]}`,
      body: await wire.body(request, stream),
    }),
  });
}
