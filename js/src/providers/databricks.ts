import type { Generator } from "../types/generator.js";
import { chatGenerator } from "./client/chat.js";
import { KEY_NAME } from "./client/config.js";
import {
  type EmbeddingOptions,
  type RemoteEmbeddingFunction,
  remoteEmbedding,
} from "./client/embedding.js";
import type { GeneratorOptions } from "./client/generation.js";
import { HttpClient } from "./client/http.js";
import type { Provider } from "./client/provider.js";
import { readIndexed } from "./client/vectors.js";

/** https://docs.databricks.com/machine-learning/foundation-model-apis/api-reference */
export const DATABRICKS: Provider = {
  name: "databricks",
  title: "Databricks",
  keyName: "DATABRICKS_TOKEN",
  fromPage: "Databricks does not answer pages; set proxyURL to a server of yours.",
  embeds: { texts: 2000 },
};

interface Endpoint {
  /** The whole address: https://WORKSPACE/serving-endpoints/NAME/invocations. It has its model. */
  endpoint: string;
}

export interface DatabricksEmbeddingOptions extends EmbeddingOptions, Endpoint {
  /** What the model is told to do with the texts, for models that are told. */
  instruction?: string;
  /** The same for queries. Default: `instruction`. */
  queryInstruction?: string;
}

export interface DatabricksGeneratorOptions extends GeneratorOptions, Endpoint {}

export const DATABRICKS_CONFIG = {
  ...KEY_NAME,
  endpoint: "endpoint",
  instruction: "instruction",
  query_instruction: "queryInstruction",
} as const;

/** Texts to vectors by an endpoint of Databricks. */
export function databricksEmbedding(options: DatabricksEmbeddingOptions): RemoteEmbeddingFunction {
  const { endpoint, instruction, queryInstruction = instruction } = options;
  return remoteEmbedding(new HttpClient(DATABRICKS, options), {
    options,
    config: DATABRICKS_CONFIG,
    request: (input, side) => ({
      path: endpoint,
      body: { input, instruction: side === "query" ? queryInstruction : instruction },
    }),
    read: (answer, count) => readIndexed(DATABRICKS, answer, count),
  });
}

/** Chat completions by an endpoint of Databricks. An answer's empty lines around it are left out. */
export function databricksGenerator(options: DatabricksGeneratorOptions): Generator {
  const chat = chatGenerator(DATABRICKS, options, {
    path: options.endpoint,
    body: ({ topK }) => ({ model: undefined, top_k: topK }),
  });
  return {
    ...chat,
    async generate(request, call) {
      const generation = await chat.generate(request, call);
      return { ...generation, text: generation.text.replace(/^\n+|\n+$/g, "") };
    },
  };
}
