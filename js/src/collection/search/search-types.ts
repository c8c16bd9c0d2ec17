import type { MediaInputs } from "../../types/media.js";
import type { Reranker } from "../../types/reranker.js";
import type { FilterParams, Metadata, Row, Vector } from "../../types.js";

export interface KeywordSettings {
  /** Words of the text may be beginnings: true all of them, "last" the last. Default false. */
  prefix?: boolean | "last";
  /**
   * How many edits a misspelled word may be away: true none up to 2 characters, 1 up to 5, else 2.
   * Default false.
   */
  fuzzy?: boolean | 0 | 1 | 2;
  /** Whether a document must have every word of the text. Default "or". */
  operator?: "or" | "and";
  /**
   * The stem of a word, of any library; words are lower case without accents. Other forms of a word
   * are then found too. Give the same function each time: every word of the collection goes through
   * it once.
   */
  stemmer?: (word: string) => string;
  /** BM25: how soon repetition stops to count. Default 1.2. */
  k1?: number;
  /** BM25: how much long documents are discounted, 0 to 1. Default 0.75. */
  b?: number;
}

/** Where nearText moves a query. */
export interface Movement {
  concepts?: string[];
  /** Ids of records; their vectors must be kept. */
  objects?: string[];
  /** moveTo: 0 (not at all) to 1 (halfway). moveAwayFrom: from 0. */
  force: number;
}

/** Weaviate's nearText. */
export interface NearText {
  /** Texts whose vectors' mean is searched by. */
  concepts: string[];
  moveTo?: Movement;
  moveAwayFrom?: Movement;
}

export interface SearchParams extends FilterParams {
  text?: string;
  /** The vector to search by, in place of the text's. */
  embedding?: Vector;
  /** Concepts to search by, in place of the text. */
  nearText?: NearText;
  /**
   * Media to search by, in place of the text: the mean of their vectors. One picture, sound, film is
   * Weaviate's nearImage, nearAudio, nearVideo. Needs an embedding function with embedMedia().
   */
  nearMedia?: MediaInputs;
  /** Which vector to search by, of objects with several. */
  targetVector?: string;
  /** With mode "vector": the largest distance of a record. */
  distance?: number;
  /** With mode "vector" and the space cosine: the least 1 - distance / 2, as in Weaviate. */
  certainty?: number;
  /** Default "hybrid", with nearText or nearMedia alone "vector". "keyword" needs no embedding function. */
  mode?: "vector" | "keyword" | "hybrid";
  /** How a hybrid search joins its two rankings. Default "rrf". */
  fusion?: "rrf" | "rankedFusion" | "relativeScoreFusion";
  /** The weight of the vectors in a hybrid search; that of keywords is 1 - alpha. Default 0.5. */
  alpha?: number;
  /** How many records of each ranking are looked at. Default 100, or as many as are asked for. */
  candidates?: number;
  /** Default 10. */
  limit?: number;
  offset?: number;
  keyword?: KeywordSettings;
  /** Ends the answer before the so-maniest jump in the scores (Weaviate's autocut). */
  autocut?: number;
  /**
   * Has a model read the best with the text (or `query`): their documents, or the texts under a key of
   * their metadata (`property`). Default limit 50: only so many stay.
   */
  rerank?: { reranker: Reranker; query?: string; limit?: number; property?: string };
  /** Avoids answers that are like each other (MMR). lambda 1: none of that; default 0.5. */
  diversity?: { lambda?: number };
  /** Puts records of one metadata value together: so many of each (default 1), of so many values. */
  groupBy?: { key: string; perGroup?: number; groups?: number };
  /**
   * Passages of the documents with words of the text, also where only vectors are compared. Default
   * off; true: 1 of 200 characters.
   */
  highlights?: boolean | { passages?: number; length?: number };
  /** Adds to each row where its score comes from. */
  explain?: boolean;
  /** Default ["documents", "metadatas"]. */
  include?: ("documents" | "metadatas" | "embeddings")[];
  /** Overrides the collection's ef_search for this call, 1 to 10,000. */
  efSearch?: number;
}

/** A passage of a document. Places count UTF-16 units, as strings do. */
export interface Highlight {
  text: string;
  /** Of the passage in the document. */
  begin: number;
  end: number;
  /** [begin, end) of matches in the document. */
  matches: [number, number][];
}

/** A term of the collection that matched, and what it added to the keyword score. */
export interface MatchedTerm {
  term: string;
  /** How often the document has it. */
  frequency: number;
  score: number;
}

/** Ranks count from 1. A ranking that does not have the record is left out. */
export interface SearchExplanation {
  /** score = 1 - distance; share: what it adds to the fused score. */
  vector?: { rank: number; score: number; share: number; distance: number };
  keyword?: { rank: number; score: number; share: number; terms: MatchedTerm[] };
  /** The rank before the reranker, and the score that it gave. */
  rerank?: { rank: number; score: number };
}

export interface SearchRow<M extends Metadata = Metadata> extends Row<M> {
  /** Larger is better: the last of ranking, fusion and reranker that there was. */
  score: number;
  /** The score before the reranker's. */
  firstScore?: number;
  highlights?: Highlight[];
  explain?: SearchExplanation;
}

export interface SearchGroup<M extends Metadata = Metadata> {
  /** null: records without the key. */
  value: unknown;
  rows: SearchRow<M>[];
}

export interface SearchResult<M extends Metadata = Metadata> {
  rows: SearchRow<M>[];
  /** The same rows by group, with groupBy. */
  groups?: SearchGroup<M>[];
  /** Milliseconds spent on each part of this call; rerank is 0 without a reranker. */
  timings: { embed: number; search: number; rerank: number };
}
