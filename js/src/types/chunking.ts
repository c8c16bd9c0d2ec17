/** Counts a text's tokens, special tokens included, as loadTokenizer() gives it. */
export interface TokenCounter {
  count(text: string): number;
  /** The longest text that the model reads whole; 0 or absent: not known. */
  readonly maxTokens?: number;
}

/** What a collection remembers of how it cuts documents. */
export interface StoredChunking {
  /** Longer documents are cut into passages of at most so many tokens, special ones included. */
  maxTokens: number;
  /** Up to so many tokens of a passage are repeated at the start of the next. Default 0. */
  overlap?: number;
  /** The language, for the ends of sentences. Default: the browser's. */
  locale?: string;
}

export interface ChunkingSettings extends StoredChunking {
  /**
   * Whose tokens are counted; it is not stored. Default: the embedding function's own (miniLM() and
   * models of the manifest load theirs: a vocabulary, 0.2 MB).
   */
  tokenizer?: TokenCounter | ((text: string) => number);
}

/** The part of a document that matched: document.slice(begin, end), counted in UTF-16 units. */
export interface Passage {
  text: string;
  begin: number;
  end: number;
}
