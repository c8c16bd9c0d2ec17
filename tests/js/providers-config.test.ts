import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "@jest/globals";
import { type ConfigKeys, fromConfig } from "../../js/src/providers/client/config.js";
import type { RemoteEmbeddingFunction } from "../../js/src/providers/client/embedding.js";
import { COHERE_CONFIG, cohereEmbedding } from "../../js/src/providers/cohere.js";
import {
  HUGGINGFACE_SERVER_CONFIG,
  huggingFaceServerEmbedding,
} from "../../js/src/providers/huggingface-server.js";
import { JINAAI_CONFIG, jinaAIEmbedding } from "../../js/src/providers/jinaai.js";
import { MISTRAL_CONFIG, mistralEmbedding } from "../../js/src/providers/mistral.js";
import { OLLAMA_CONFIG, ollamaEmbedding } from "../../js/src/providers/ollama.js";
import { OPENAI_CONFIG, openAIEmbedding } from "../../js/src/providers/openai.js";
import { TOGETHER_AI_CONFIG, togetherAIEmbedding } from "../../js/src/providers/together-ai.js";
import { VOYAGEAI_CONFIG, voyageAIEmbedding } from "../../js/src/providers/voyageai.js";

type Config = Record<string, unknown>;
interface Stored {
  embedding_function: { name: string; config: Config };
  space: string;
}

function maker<O extends object>(
  keys: ConfigKeys<O>,
  make: (options: O) => RemoteEmbeddingFunction,
): (config: Config) => RemoteEmbeddingFunction {
  return (config) => make(fromConfig(keys, config) as O);
}

/** By Chroma's names. */
const MAKERS: Record<string, (config: Config) => RemoteEmbeddingFunction> = {
  cohere: maker(COHERE_CONFIG, (options) => cohereEmbedding(options)),
  "huggingface-server": maker(HUGGINGFACE_SERVER_CONFIG, (options) =>
    huggingFaceServerEmbedding(options),
  ),
  jina: maker(JINAAI_CONFIG, (options) => jinaAIEmbedding(options)),
  mistral: maker(MISTRAL_CONFIG, (options) => mistralEmbedding(options)),
  ollama: maker(OLLAMA_CONFIG, (options) => ollamaEmbedding(options)),
  openai: maker(OPENAI_CONFIG, (options) => openAIEmbedding(options)),
  "together-ai": maker(TOGETHER_AI_CONFIG, togetherAIEmbedding),
  voyageai: maker(VOYAGEAI_CONFIG, (options) => voyageAIEmbedding(options)),
};

describe("a function is made again from what Chroma stored of it", () => {
  const name = "../fixtures/providers/chroma.embedding-function-config.json";
  const file = readFileSync(fileURLToPath(new URL(name, import.meta.url)), "utf8");
  const { cases } = JSON.parse(file) as { cases: Stored[] };
  const together = { api_key_env_var: "TOGETHER_API_KEY", model_name: "BAAI/bge-base-en-v1.5" };
  const all = [
    ...cases.filter(({ embedding_function: { name } }) => name in MAKERS),
    { embedding_function: { name: "together-ai", config: together }, space: "cosine" },
  ];

  test("all of them are here", () => {
    expect(all.map(({ embedding_function: { name } }) => name).sort()).toEqual(Object.keys(MAKERS));
  });

  test.each(all)("$embedding_function.name", ({ embedding_function: stored, space }) => {
    const embed = MAKERS[stored.name]?.(stored.config);
    // Cohere's flag for a function of images, which are cohereMedia()'s.
    const { image: _, ...config } = stored.config as Config;
    expect(embed?.getConfig()).toEqual(config);
    expect([embed?.name, embed?.defaultSpace()]).toEqual([stored.name, space]);
  });
});

test.each([
  ["embed-multilingual-v2.0", ["ip"]],
  ["embed-english-v2.0", ["cosine"]],
  ["embed-english-light-v2.0", ["cosine"]],
  ["embed-english-v3.0", ["cosine", "l2", "ip"]],
])("Cohere's %s has the spaces %j", (model, spaces) => {
  expect(cohereEmbedding({ model }).supportedSpaces()).toEqual(spaces);
});
