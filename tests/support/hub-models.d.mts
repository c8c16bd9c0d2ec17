/** A sentencepiece Unigram .model file of XLM-RoBERTa's kind, and one of T5's. */
export const unigramModel: Uint8Array;
export const t5Model: Uint8Array;

/** The files of a model's repository by their path. */
export function hubModelFiles(
  name: "multilingual-bert" | "xlm-roberta" | "instructor",
): Record<string, string | Uint8Array>;

/** What the reference made of the texts. */
export interface HubModelCase {
  model: string;
  kind: "query" | "document";
  instruction?: string;
  dimensions: number;
  /** One a text. */
  vectors: Float32Array[];
}

export const texts: string[];
/** Texts are cut to so many tokens. */
export const maxTokens: number;
export const cases: HubModelCase[];

/** The texts whose vectors are not the reference's. */
export function farFrom(
  reference: HubModelCase,
  found: readonly ArrayLike<number>[],
): { text: string; most: number }[];
