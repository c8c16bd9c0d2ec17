import { PagevecError } from "../../errors.js";
import type { DenseShape, ModelSpec } from "../../models/manifest.js";
import type { Space } from "../../types.js";
import type { Json, ReadJson } from "./json.js";
import { type HubTokenizer, readTokenizer } from "./tokenizer.js";

/** What a repository in the layout of Sentence Transformers says of its model. */
export interface HubModel {
  /** Folder of the transformer in the repository: "", or a name with a slash at the end. */
  folder: string;
  spec: Omit<ModelSpec, "name" | "hub" | "revision" | "files">;
  /** The longest text, in tokens, that the model can take at all. */
  positions: number;
  tokenizer: HubTokenizer;
  /** Folders of the Dense modules of `spec.dense`. */
  dense: readonly string[];
  /** What the ONNX file may be called, without ending and precision. */
  onnx: readonly string[];
  /** Why the own engine cannot run it; undefined if it can. */
  notNative: string | undefined;
  /** A cross-encoder, with its classification head. */
  classifier: boolean;
}

/**
 * Reads modules.json and the files it leads to.
 * @throws unsupported for modules, poolings and tokenizers that pagevec does not have; corrupt for
 *   files that are not what they should be; what `read` throws.
 */
export async function readLayout(read: ReadJson): Promise<HubModel> {
  const modules = await readModules(read);
  const { folder } = modules;
  const config = await read.required(`${folder}config.json`);
  const [pooling, sentence, prompts, ...denseConfigs] = await Promise.all([
    modules.pooling === undefined ? undefined : read.optional(`${modules.pooling}config.json`),
    read.optional(`${folder}sentence_bert_config.json`),
    read.optional("config_sentence_transformers.json"),
    ...modules.dense.map((path) => read.required(`${path}config.json`)),
  ]);
  const tokenizer = await readTokenizer(read, folder, config, sentence);
  const width = integer("hidden_size", config.hidden_size ?? config.dim ?? config.d_model);
  const dense = denseOf(denseConfigs, width);
  const positions = positionsOf(config);
  // Where it is not said, the prompt counts.
  const includePrompt = pooling?.include_prompt === false ? false : undefined;
  return {
    folder,
    spec: {
      licence: "",
      architecture: architectureOf(config),
      dimensions: dense?.at(-1)?.outputs ?? width,
      maxTokens: maxTokensOf(positions, sentence, tokenizer.config),
      pooling: poolingOf(pooling),
      normalize: modules.normalize,
      space: spaceOf(prompts),
      prefixes: prefixesOf(prompts),
      includePrompt,
      dense,
      tokenizer: tokenizer.spec,
    },
    positions,
    tokenizer,
    dense: modules.dense,
    onnx: config.model_type === "t5" ? ["model", "encoder_model"] : ["model"],
    notNative: notNative(config, tokenizer.spec.type, modules.dense.length, includePrompt),
    classifier: false,
  };
}

/**
 * Reads the files of a cross-encoder: a plain transformer with a classification head.
 * @throws unsupported for other heads than BERT's with one label; what readLayout() throws.
 */
export async function readCrossEncoder(read: ReadJson): Promise<HubModel> {
  const config = await read.required("config.json");
  const labels = Object.keys((config.id2label ?? { 0: "", 1: "" }) as Json).length;
  const [architecture] = (config.architectures ?? []) as string[];
  if (architecture !== "BertForSequenceClassification" || labels !== 1) {
    throw new PagevecError(
      "unsupported",
      `the model is ${architecture} with ${labels} labels; rerankers are BertForSequenceClassification with 1`,
    );
  }
  const tokenizer = await readTokenizer(read, "", config, undefined);
  const positions = positionsOf(config);
  return {
    folder: "",
    spec: {
      licence: "",
      architecture: architectureOf(config),
      dimensions: labels,
      maxTokens: maxTokensOf(positions, undefined, tokenizer.config),
      pooling: "cls",
      normalize: false,
      space: "ip",
      prefixes: { query: "", document: "" },
      tokenizer: tokenizer.spec,
    },
    positions,
    tokenizer,
    dense: [],
    onnx: [],
    notNative: notNative(config, tokenizer.spec.type),
    classifier: true,
  };
}

function architectureOf(config: Json): ModelSpec["architecture"] {
  return {
    heads: Number(config.num_attention_heads ?? 0),
    layerNormEpsilon: Number(config.layer_norm_eps ?? 1e-12),
  };
}

/** The chain of modules: a transformer, a pooling, perhaps dense layers and a normalization. */
async function readModules(read: ReadJson) {
  const list = await read.optional("modules.json");
  // What Sentence Transformers makes of a plain transformer: the mean, not normalized.
  if (!list) return { folder: "", pooling: undefined, dense: [], normalize: false };
  if (!Array.isArray(list)) throw new PagevecError("corrupt", "modules.json is not a list");
  const modules = list.map((module: Json) => ({
    kind: String(module.type).split(".").at(-1),
    folder: folderOf(module.path),
  }));
  const [transformer, pooling, ...rest] = modules;
  const normalize = rest.at(-1)?.kind === "Normalize";
  const dense = normalize ? rest.slice(0, -1) : rest;
  if (
    transformer?.kind !== "Transformer" ||
    pooling?.kind !== "Pooling" ||
    dense.some(({ kind }) => kind !== "Dense")
  ) {
    const kinds = modules.map(({ kind }) => kind).join(", ");
    throw new PagevecError(
      "unsupported",
      `the model is made of ${kinds}; pagevec runs Transformer, Pooling, Dense and Normalize`,
    );
  }
  const denseFolders = dense.map(({ folder }) => folder);
  return { folder: transformer.folder, pooling: pooling.folder, dense: denseFolders, normalize };
}

function folderOf(path: unknown): string {
  const folder = String(path ?? "");
  return folder === "" || folder.endsWith("/") ? folder : `${folder}/`;
}

function poolingOf(config: Json | undefined): "mean" | "cls" {
  if (!config) return "mean";
  const named = typeof config.pooling_mode === "string" ? [config.pooling_mode] : [];
  const modes = Object.keys(config).filter(
    (key) => key.startsWith("pooling_mode_") && config[key] === true,
  );
  const chosen = [...named, ...modes.map((key) => key.replace(/^pooling_mode_|_tokens?$/g, ""))];
  const [mode] = chosen;
  if (chosen.length !== 1 || (mode !== "mean" && mode !== "cls")) {
    throw new PagevecError(
      "unsupported",
      `the model pools by ${chosen.join(" and ") || "nothing"}; pagevec pools by mean or cls`,
    );
  }
  return mode;
}

/** @param width of the pooled vector. */
function denseOf(configs: readonly Json[], width: number): DenseShape[] | undefined {
  if (configs.length === 0) return undefined;
  let inputs = width;
  return configs.map((config) => {
    const activation = String(config.activation_function ?? "Tanh")
      .split(".")
      .at(-1);
    if (activation !== "Identity" && activation !== "Tanh") {
      const message = `the activation of a Dense module is ${activation}; pagevec has Identity and Tanh`;
      throw new PagevecError("unsupported", message);
    }
    if (config.in_features !== inputs) {
      const message = `a Dense module takes ${config.in_features} values and is given ${inputs}`;
      throw new PagevecError("corrupt", message);
    }
    const outputs = integer("out_features", config.out_features);
    const shape = { inputs, outputs, bias: config.bias !== false };
    inputs = outputs;
    return { ...shape, activation: activation === "Tanh" ? "tanh" : "identity" };
  });
}

/** The names under which Sentence Transformers looks for the prompts of queries and documents. */
function prefixesOf(config: Json | undefined): ModelSpec["prefixes"] {
  const prompts = (config?.prompts ?? {}) as Json;
  const byDefault = prompts[String(config?.default_prompt_name)];
  const first = (...names: string[]) =>
    String(
      names.map((name) => prompts[name]).find((prompt) => prompt !== undefined) ?? byDefault ?? "",
    );
  return { query: first("query"), document: first("document", "passage", "corpus") };
}

function spaceOf(config: Json | undefined): Space {
  if (config?.similarity_fn_name === "dot") return "ip";
  return config?.similarity_fn_name === "euclidean" ? "l2" : "cosine";
}

/** The longest text, special tokens included. */
function positionsOf(config: Json): number {
  const { model_type, max_position_embeddings = 512, n_positions = 512, pad_token_id = 1 } = config;
  // Its positions are relative; so many it was trained with.
  if (model_type === "t5") return integer("n_positions", n_positions);
  const positions = integer("max_position_embeddings", max_position_embeddings);
  // RoBERTa's begin behind the padding's id.
  return /roberta/.test(String(model_type)) ? positions - Number(pad_token_id) - 1 : positions;
}

function maxTokensOf(
  positions: number,
  sentence: Json | undefined,
  tokenizerConfig: Json | undefined,
): number {
  const said = sentence?.max_seq_length ?? tokenizerConfig?.model_max_length ?? positions;
  // Tokenizers without a limit say 1e30.
  return Math.min(positions, integer("max_seq_length", Math.min(Number(said), positions)));
}

function notNative(
  config: Json,
  tokenizer: ModelSpec["tokenizer"]["type"],
  dense = 0,
  includePrompt?: boolean,
): string | undefined {
  const { model_type, hidden_act = "gelu", position_embedding_type = "absolute" } = config;
  if (model_type !== "bert") return `it is ${model_type}, not bert`;
  if (hidden_act !== "gelu") return `its activation is ${hidden_act}, not gelu`;
  if (position_embedding_type !== "absolute") {
    return `its positions are ${position_embedding_type}, not absolute`;
  }
  if (tokenizer !== "wordpiece") return `its vocabulary is ${tokenizer}'s, not WordPiece`;
  if (dense > 0) return "it has Dense modules";
  if (includePrompt === false) return "it leaves its prompt out of the pooling";
  return undefined;
}

function integer(name: string, value: unknown): number {
  if (Number.isSafeInteger(value) && Number(value) > 0) return Number(value);
  throw new PagevecError("corrupt", `the model's configuration says that ${name} is ${value}`);
}
