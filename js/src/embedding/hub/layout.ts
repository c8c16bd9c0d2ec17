import { PagevecError } from "../../errors.js";
import type { ModelSpec } from "../../models/manifest.js";
import type { Space } from "../../types.js";

/** JSON files of the repository; where it has none, undefined, or `required` rejects. */
export interface ReadJson {
  optional(path: string): Promise<Json | undefined>;
  required(path: string): Promise<Json>;
}
export type Json = { readonly [key: string]: unknown };

/** What a repository in the layout of Sentence Transformers says of its model. */
export interface HubModel {
  /** Folder of the transformer in the repository: "", or a name with a slash at the end. */
  folder: string;
  spec: Omit<ModelSpec, "name" | "hub" | "revision" | "files">;
  /** The longest text, in tokens, that the model can take at all. */
  positions: number;
  /** tokenizer.json, for vocabularies that have no vocab.txt. */
  tokenizer: Json | undefined;
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
  const [pooling, sentence, tokenizerConfig, tokenizer, prompts] = await Promise.all([
    modules.pooling === undefined ? undefined : read.optional(`${modules.pooling}config.json`),
    read.optional(`${folder}sentence_bert_config.json`),
    read.optional(`${folder}tokenizer_config.json`),
    read.optional(`${folder}tokenizer.json`),
    read.optional("config_sentence_transformers.json"),
  ]);
  const dimensions = integer("hidden_size", config.hidden_size ?? config.dim);
  const positions = integer("max_position_embeddings", config.max_position_embeddings ?? 512);
  const prefixes = prefixesOf(prompts);
  return {
    folder,
    spec: {
      licence: "",
      architecture: architectureOf(config),
      dimensions,
      maxTokens: maxTokensOf(positions, sentence, tokenizerConfig),
      pooling: poolingOf(pooling, prefixes),
      normalize: modules.normalize,
      space: spaceOf(prompts),
      prefixes,
      tokenizer: {
        type: "wordpiece",
        file: "vocab",
        lowercase: lowercaseOf(tokenizer, tokenizerConfig, sentence),
      },
    },
    positions,
    tokenizer,
    notNative: notNative(config),
    classifier: false,
  };
}

/**
 * Reads the files of a cross-encoder: a plain transformer with a classification head.
 * @throws unsupported for other heads than BERT's with one label; what readLayout() throws.
 */
export async function readCrossEncoder(read: ReadJson): Promise<HubModel> {
  const [config, tokenizerConfig, tokenizer] = await Promise.all([
    read.required("config.json"),
    read.optional("tokenizer_config.json"),
    read.optional("tokenizer.json"),
  ]);
  const labels = Object.keys((config.id2label ?? { 0: "", 1: "" }) as Json).length;
  const [architecture] = (config.architectures ?? []) as string[];
  if (architecture !== "BertForSequenceClassification" || labels !== 1) {
    throw new PagevecError(
      "unsupported",
      `the model is ${architecture} with ${labels} labels; rerankers are BertForSequenceClassification with 1`,
    );
  }
  const positions = integer("max_position_embeddings", config.max_position_embeddings ?? 512);
  return {
    folder: "",
    spec: {
      licence: "",
      architecture: architectureOf(config),
      dimensions: labels,
      maxTokens: maxTokensOf(positions, undefined, tokenizerConfig),
      pooling: "cls",
      normalize: false,
      space: "ip",
      prefixes: { query: "", document: "" },
      tokenizer: {
        type: "wordpiece",
        file: "vocab",
        lowercase: lowercaseOf(tokenizer, tokenizerConfig, undefined),
      },
    },
    positions,
    tokenizer,
    notNative: notNative(config),
    classifier: true,
  };
}

function architectureOf(config: Json): ModelSpec["architecture"] {
  return {
    heads: Number(config.num_attention_heads ?? 0),
    layerNormEpsilon: Number(config.layer_norm_eps ?? 1e-12),
  };
}

/** The chain of modules: a transformer, a pooling, and perhaps a normalization. */
async function readModules(read: ReadJson) {
  const list = await read.optional("modules.json");
  // What Sentence Transformers makes of a plain transformer: the mean, not normalized.
  if (!list) return { folder: "", pooling: undefined, normalize: false };
  if (!Array.isArray(list)) throw new PagevecError("corrupt", "modules.json is not a list");
  const modules = list.map((module: Json) => ({
    kind: String(module.type).split(".").at(-1),
    folder: folderOf(module.path),
  }));
  const [transformer, pooling, ...rest] = modules;
  const normalize = rest.length === 1 && rest[0]?.kind === "Normalize";
  if (
    transformer?.kind !== "Transformer" ||
    pooling?.kind !== "Pooling" ||
    (rest.length > 0 && !normalize)
  ) {
    const kinds = modules.map(({ kind }) => kind).join(", ");
    throw new PagevecError(
      "unsupported",
      `the model is made of ${kinds}; pagevec runs Transformer, Pooling and Normalize`,
    );
  }
  return { folder: transformer.folder, pooling: pooling.folder, normalize };
}

function folderOf(path: unknown): string {
  const folder = String(path ?? "");
  return folder === "" || folder.endsWith("/") ? folder : `${folder}/`;
}

function poolingOf(config: Json | undefined, prefixes: ModelSpec["prefixes"]): "mean" | "cls" {
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
  if (config.include_prompt === false && (prefixes.query !== "" || prefixes.document !== "")) {
    throw new PagevecError(
      "unsupported",
      "the model leaves its prompt out of the pooling (include_prompt is false); pagevec does not",
    );
  }
  return mode;
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

function maxTokensOf(
  positions: number,
  sentence: Json | undefined,
  tokenizerConfig: Json | undefined,
): number {
  const said = sentence?.max_seq_length ?? tokenizerConfig?.model_max_length ?? positions;
  // Tokenizers without a limit say 1e30.
  return Math.min(positions, integer("max_seq_length", Math.min(Number(said), positions)));
}

/** @throws unsupported for tokenizers that are not BERT's WordPiece. */
function lowercaseOf(
  tokenizer: Json | undefined,
  config: Json | undefined,
  sentence: Json | undefined,
): boolean {
  const model = tokenizer?.model as Json | undefined;
  const normalizer = tokenizer?.normalizer as Json | undefined;
  const cls = config?.cls_token as Json | string | undefined;
  const clsToken = typeof cls === "object" ? cls.content : cls;
  const lowercase = Boolean(
    normalizer?.lowercase ?? config?.do_lower_case ?? sentence?.do_lower_case ?? true,
  );
  const strip = normalizer?.strip_accents ?? config?.strip_accents ?? lowercase;
  const chinese = normalizer?.handle_chinese_chars ?? config?.tokenize_chinese_chars ?? true;
  const faults = [
    model && model.type !== "WordPiece" && `it is ${model.type}`,
    normalizer && normalizer.type !== "BertNormalizer" && `its normalizer is ${normalizer.type}`,
    clsToken !== undefined && clsToken !== "[CLS]" && `texts begin with ${clsToken}`,
    strip !== lowercase && "it treats accents and capitals differently",
    chinese !== true && "it does not split Chinese characters",
  ].filter((fault) => typeof fault === "string");
  if (faults.length === 0) return lowercase;
  throw new PagevecError(
    "unsupported",
    `the model's tokenizer is not BERT's WordPiece: ${faults.join(", ")}`,
  );
}

function notNative(config: Json): string | undefined {
  const { model_type, hidden_act = "gelu", position_embedding_type = "absolute" } = config;
  if (model_type !== "bert") return `it is ${model_type}, not bert`;
  if (hidden_act !== "gelu") return `its activation is ${hidden_act}, not gelu`;
  if (position_embedding_type !== "absolute") {
    return `its positions are ${position_embedding_type}, not absolute`;
  }
  return undefined;
}

function integer(name: string, value: unknown): number {
  if (Number.isSafeInteger(value) && Number(value) > 0) return Number(value);
  throw new PagevecError("corrupt", `the model's configuration says that ${name} is ${value}`);
}
