import { PagevecError } from "../../errors.js";
import type { ModelSpec, SentencePieceSpec } from "../../models/manifest.js";
import type { Json, ReadJson } from "./json.js";
import { mappingOf } from "./unigram.js";

/** A repository's tokenizer. */
export interface HubTokenizer {
  spec: ModelSpec["tokenizer"];
  /** Its vocabulary, beside config.json. Where the repository has it not, tokenizer.json has it. */
  path: string | undefined;
  /** tokenizer_config.json. */
  config: Json | undefined;
  /** tokenizer.json, if it was needed: that of a sentencepiece model has megabytes. */
  json: Json | undefined;
}

/** Where a repository in the hub's layout keeps its sentencepiece model. */
export interface SentencePieceLayout {
  path: string;
  mapping: SentencePieceSpec["mapping"];
}

const LAYOUTS: Record<string, SentencePieceLayout> = {
  XLMRobertaTokenizer: { path: "sentencepiece.bpe.model", mapping: "xlm-r" },
  T5Tokenizer: { path: "spiece.model", mapping: "t5" },
};
/** What transformers takes for a model whose tokenizer is not named. */
const CLASSES: Record<string, string> = { "xlm-roberta": "XLMRobertaTokenizer", t5: "T5Tokenizer" };

/**
 * The sentencepiece model behind `tokenizer_class` of tokenizer_config.json, "Fast" or not: also
 * multilingual MiniLM and e5, whose networks are BERT's, have XLM-RoBERTa's tokenizer. Undefined for
 * a tokenizer of another kind.
 */
export function sentencePieceLayout(tokenizerClass: string): SentencePieceLayout | undefined {
  const name = tokenizerClass.replace(/Fast$/, "");
  return Object.hasOwn(LAYOUTS, name) ? LAYOUTS[name] : undefined;
}

/**
 * Tells the tokenizer by its class; where that is none of sentencepiece's, by tokenizer.json, since
 * multilingual MiniLM says nothing, or BERT's.
 * @param folder of config.json, `model` its content, `sentence` sentence_bert_config.json's.
 * @throws unsupported for tokenizers that pagevec does not have.
 */
export async function readTokenizer(
  read: ReadJson,
  folder: string,
  model: Json,
  sentence: Json | undefined,
): Promise<HubTokenizer> {
  const config = await read.optional(`${folder}tokenizer_config.json`);
  const type = CLASSES[String(model.model_type)];
  const named = sentencePieceLayout(
    String(config?.tokenizer_class ?? model.tokenizer_class ?? type),
  );
  const json = named ? undefined : await read.optional(`${folder}tokenizer.json`);
  const isUnigram = (json?.model as Json | undefined)?.type === "Unigram";
  if (!named && !(json && isUnigram)) {
    const lowercase = lowercaseOf(json, config, sentence);
    return {
      spec: { type: "wordpiece", file: "vocab", lowercase },
      path: "vocab.txt",
      config,
      json,
    };
  }
  if (sentence?.do_lower_case === true) {
    throw new PagevecError(
      "unsupported",
      "the model's texts are to be lowercased before sentencepiece",
    );
  }
  const mapping = named?.mapping ?? mappingOf(json as Json);
  const spec = { type: "sentencepiece", file: "sentencepiece", mapping } as const;
  return { spec, path: named?.path, config, json };
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
    `the model's tokenizer is neither BERT's WordPiece nor XLM-RoBERTa's or T5's sentencepiece: ${faults.join(", ")}`,
  );
}
