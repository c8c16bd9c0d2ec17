/** The tokenizer.json of a Unigram model. @param model a .model file. */
export function tokenizerJson(
  model: Uint8Array,
  mapping: "xlm-r" | "t5",
): {
  version: string;
  normalizer: { type: string; normalizers: Record<string, unknown>[] };
  pre_tokenizer: { type: string; pretokenizers: Record<string, unknown>[] };
  model: { type: string; unk_id: number; vocab: [string, number][]; byte_fallback: boolean };
};
