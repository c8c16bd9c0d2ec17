import { describe, expect, test } from "@jest/globals";
import type { RemoteEmbeddingFunction } from "../../js/src/providers/client/embedding.js";
import type { ProviderOptions } from "../../js/src/providers/client/provider.js";
import { embeddingFunctionFrom } from "../../js/src/registry/functions.js";
import { Modules } from "../../js/src/registry/modules.js";
import type { MediaEmbeddingFunction } from "../../js/src/types/media.js";
import type { Calls } from "../contract/providers/calls.js";
import { mediaInputs } from "../contract/providers/calls.js";
import { type Call, type Exchange, keyOf } from "../contract/providers/exchange.js";
import { replayFetch, runExchange } from "../contract/providers/run.js";
import { readFixtures } from "./support/fixture-folder.js";

function readFiles(pattern: RegExp) {
  // biome-ignore lint/suspicious/noExplicitAny: recordings of several forms
  return readFixtures<any>("providers", pattern).map(([, file]) => file);
}

/** What Weaviate itself sent: its module's name, and the header in which its clients give the key. */
const MODULES: Record<string, [suffix: string, header: string]> = {
  anthropic: ["anthropic", "X-Anthropic-Api-Key"],
  anyscale: ["anyscale", "X-Anyscale-Api-Key"],
  "azure-openai": ["openai", "X-Azure-Api-Key"],
  "clip-container": ["clip", ""],
  cohere: ["cohere", "X-Cohere-Api-Key"],
  databricks: ["databricks", "X-Databricks-Token"],
  friendliai: ["friendliai", "X-Friendli-Token"],
  gpt4all: ["gpt4all", ""],
  huggingface: ["huggingface", "X-HuggingFace-Api-Key"],
  "imagebind-container": ["bind", ""],
  jinaai: ["jinaai", "X-JinaAI-Api-Key"],
  mistral: ["mistral", "X-Mistral-Api-Key"],
  nvidia: ["nvidia", "X-NVIDIA-Api-Key"],
  ollama: ["ollama", ""],
  openai: ["openai", "X-OpenAI-Api-Key"],
  "transformers-container": ["transformers", ""],
  voyageai: ["voyageai", "X-VoyageAI-Api-Key"],
};
const PREFIX = {
  embed: "text2vec",
  "embed-multimodal": "multi2vec",
  rerank: "reranker",
  generate: "generative",
};

/** A call's settings by Weaviate's names; without what the module adds by itself. */
function settingsOf({ call, request }: Exchange) {
  const { defaults: _, ...given } = call;
  const { origin } = new URL(request?.url ?? "http://x");
  return {
    ...given,
    ...given.settings,
    model: given.model ?? undefined,
    endpointURL: given.endpointUrl,
    apiEndpoint: given.baseURL,
    inferenceUrl: origin,
    poolingStrategy: given.pooling,
    baseURL: undefined,
  };
}

function callsByModules(exchange: Exchange): Calls {
  const [suffix, header] = MODULES[exchange.provider] as [string, string];
  const name = `${PREFIX[exchange.kind]}-${suffix}`;
  const open = (options: ProviderOptions) => {
    const { apiKey, ...shared } = options;
    const headers = { [header]: String(apiKey) };
    const modules = new Modules({
      enableApiBasedModules: true,
      enableModules: [name],
      ...shared,
      headers,
    });
    return { modules, settings: settingsOf(exchange) };
  };
  const vectorizer = async (_: Call, options: ProviderOptions) => {
    const { modules, settings } = open(options);
    return (await modules.vectorizer(name, settings)) as RemoteEmbeddingFunction;
  };
  return {
    embed: vectorizer,
    media: async (call, options) => {
      const media = (await vectorizer(call, options)) as unknown as MediaEmbeddingFunction;
      return media.embedMedia(mediaInputs(call));
    },
    rerank: async (_, options) => {
      const { modules, settings } = open(options);
      return modules.reranker(name, settings);
    },
    generate: async (_, options) => {
      const { modules, settings } = open(options);
      return modules.generator(name, settings);
    },
  };
}

describe("Weaviate's modules send what Weaviate sent", () => {
  const exchanges: Exchange[] = readFiles(/\.weaviate-?.*\.json$/).filter((file) => "call" in file);
  for (const exchange of exchanges) {
    test(exchange.id, async () => {
      // What the module adds is not asked for.
      const { defaults: __, settings: ___, ...call } = exchange.call;
      const asked = { ...exchange, call: { ...call, max_tokens: undefined } };
      const options = { apiKey: keyOf(exchange) ?? "", fetch: replayFetch(exchange) };
      expect(await runExchange(asked, options, callsByModules(exchange))).toEqual([]);
    });
  }
});

describe("Weaviate's modules", () => {
  test("of services are enabled by one switch, of containers by name", async () => {
    expect(new Modules().list()).toEqual([]);
    const all = new Modules({ enableApiBasedModules: true, enableModules: ["multi2vec-clip"] });
    expect(all.list()).toEqual(
      expect.arrayContaining([
        "generative-aws",
        "multi2vec-clip",
        "reranker-cohere",
        "text2vec-palm",
      ]),
    );
    for (const local of ["text2vec-transformers", "generative-ollama", "multi2vec-bind"]) {
      expect(all.list()).not.toContain(local);
    }
    await expect(all.vectorizer("text2vec-transformers")).rejects.toMatchObject({
      code: "unsupported",
      message: expect.stringContaining('enableModules: ["text2vec-transformers"]'),
    });
    await expect(new Modules().generator("generative-openai")).rejects.toMatchObject({
      code: "unsupported",
      message: expect.stringContaining("enableApiBasedModules: true"),
    });
  });

  test("that do not exist are named", async () => {
    expect(() => new Modules({ enableModules: ["text2vec-nobody"] })).toThrow("text2vec-nobody");
    const all = new Modules({ enableApiBasedModules: true });
    const wrongKind = all.generator("text2vec-openai");
    await expect(wrongKind).rejects.toMatchObject({ code: "not_found" });
  });

  test("mean Azure by Weaviate's rule", async () => {
    const all = new Modules({ enableApiBasedModules: true });
    const half = all.vectorizer("text2vec-openai", { resourceName: "r" });
    await expect(half).rejects.toMatchObject({ code: "invalid_argument" });
    const azure = await all.vectorizer("text2vec-openai", { resourceName: "r", deploymentId: "d" });
    expect(azure.name).toBe("azure-openai");
  });
});

describe("a key", () => {
  const azure = { resourceName: "r", deploymentId: "d" };
  const gemini = { apiEndpoint: "generativelanguage.googleapis.com" };
  const vertex = { projectId: "p" };
  const keys = {
    "X-OpenAI-Api-Key": "openai",
    "X-Azure-Api-Key": "azure",
    "X-Goog-Studio-Api-Key": "studio",
    "X-Goog-Vertex-Api-Key": "vertex",
  };

  async function sentKey(module: string, settings: object, headers: Record<string, string>) {
    const sent: string[] = [];
    const fetch = async (input: RequestInfo | URL, init?: RequestInit) => {
      const given = new Headers(init?.headers);
      const names = ["authorization", "api-key", "x-goog-api-key"];
      sent.push(names.map((name) => given.get(name)).join("") + new URL(String(input)).search);
      return new Response("{}", { status: 400 });
    };
    const modules = new Modules({ enableApiBasedModules: true, headers, fetch: fetch as never });
    const made = await modules.vectorizer(module, settings);
    await expect(
      (made as { generate(texts: string[]): unknown }).generate(["x"]),
    ).rejects.toThrow();
    return sent.join();
  }

  test.each([
    ["text2vec-openai", {}, "openai"],
    ["text2vec-openai", azure, "azure"],
    ["text2vec-google", gemini, "studio"],
    ["text2vec-google", vertex, "vertex"],
  ])("of %s %j goes to the service that the settings mean: %s", async (module, settings, key) => {
    expect(await sentKey(module, settings, keys)).toContain(key);
    const others = Object.entries(keys).filter(([, other]) => other !== key);
    const sent = await sentKey(module, settings, Object.fromEntries(others));
    for (const [, other] of others) expect(sent).not.toContain(other);
  });
});

describe("Chroma's configurations", () => {
  interface Case {
    name: string;
    space: string;
    embedding_function: { name: string; config: Record<string, unknown> };
  }
  const cases: Case[] = readFiles(/^chroma\.embedding-function-config.*\.json$/).flatMap(
    (file) => file.cases,
  );
  const spellings = cases.flatMap((item) => [
    [item.name, item] as const,
    [item.name.replaceAll("-", "_"), item] as const,
  ]);
  for (const [name, item] of spellings) {
    test(name, async () => {
      const { config } = item.embedding_function;
      const made = await embeddingFunctionFrom({ type: "known", name, config });
      expect(made.name).toBe(name);
      expect(made.getConfig?.()).toEqual(config);
      expect(made.defaultSpace?.()).toBe(item.space);
      expect(made.supportedSpaces?.()).toContain(item.space);
      const update = (made as RemoteEmbeddingFunction).validateConfigUpdate;
      const key = "model" in config ? "model" : "model_name";
      if (key in config) {
        expect(() => update({ ...config, [key]: "other" })).toThrow("Model name cannot be updated");
      }
      expect(() => update(config)).not.toThrow();
    });
  }

  test("of a function that we do not know are refused by name", async () => {
    const unknown = embeddingFunctionFrom({ type: "known", name: "nobody", config: {} });
    await expect(unknown).rejects.toMatchObject({ code: "not_found" });
    await expect(embeddingFunctionFrom({ type: "legacy" })).rejects.toMatchObject({
      code: "not_found",
    });
  });
});
