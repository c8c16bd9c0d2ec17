import type { SearchSettings } from "../../database/methods.js";
import { checkCount, checkTexts, invalid, shown } from "../validate.js";
import type { KeywordSettings, SearchParams } from "./search-types.js";

/** What a call asks for, checked and with defaults. */
export interface SearchPlan {
  byVector: boolean;
  byKeywords: boolean;
  text: string | null;
  /** The text where its words count: to find records, or to say what their highlights are. */
  words: string | null;
  settings: Omit<SearchSettings, "efSearch">;
  limit: number;
  offset: number;
  /** How many of the best go to the reranker. */
  rerankLimit: number;
  lambda: number;
}

const FUSIONS = { rrf: 0, rankedFusion: 0, relativeScoreFusion: 1 };
const MODES = ["vector", "keyword", "hybrid"];
/** kFuzzyAuto in src/lexical/keyword_query.h. */
const FUZZY_AUTO = 255;
/** What the core counts up to. */
export const MOST = 1 << 24;

/** @throws invalid_argument */
export function planSearch(params: SearchParams): SearchPlan {
  const { nearText, nearMedia } = params;
  const near = (nearText ?? nearMedia) !== undefined && params.text === undefined;
  const { mode = near ? "vector" : "hybrid", fusion = "rrf", keyword = {} } = params;
  if (!MODES.includes(mode)) throw invalid(`mode must be one of ${MODES}, got ${shown(mode)}`);
  if (!Object.hasOwn(FUSIONS, fusion)) {
    throw invalid(`fusion must be one of ${Object.keys(FUSIONS)}, got ${shown(fusion)}`);
  }
  const alpha = checkNumber(params.alpha ?? 0.5, "alpha", 0, 1);
  const limit = checkCount(params.limit ?? 10, "limit", 0, MOST);
  const offset = checkCount(params.offset ?? 0, "offset", 0, MOST);
  const needed = Math.min(limit + offset, MOST);
  const hybrid = mode === "hybrid";
  const byVector = mode === "vector" || (hybrid && alpha > 0);
  const byKeywords = mode === "keyword" || (hybrid && alpha < 1);
  // What is chosen, ordered or cut afterwards needs more than the rows of the answer.
  const later = Boolean(params.rerank ?? params.diversity ?? params.groupBy ?? params.autocut);
  const candidates = checkCount(
    params.candidates ?? (hybrid || later ? Math.max(100, needed) : needed),
    "candidates",
    0,
    MOST,
  );
  // Weighted as Cormack's at 0.5, or as Weaviate's.
  const scale = fusion === "rrf" ? 2 : 1;
  const text = checkText(params, byKeywords, byVector);
  const highlights = passageSettings(params.highlights);
  return {
    byVector,
    byKeywords,
    text,
    words: byKeywords || highlights.passages > 0 ? text : null,
    limit,
    offset,
    rerankLimit: Math.max(needed, checkCount(params.rerank?.limit ?? 50, "rerank.limit", 1, MOST)),
    lambda: checkNumber(params.diversity?.lambda ?? 0.5, "diversity.lambda", 0, 1),
    settings: {
      candidates,
      limit: later ? candidates : needed,
      fusion: FUSIONS[fusion],
      vectorWeight: scale * alpha,
      keywordWeight: byKeywords ? scale * (1 - alpha) : 0,
      ...keywordSettings(keyword),
      ...highlights,
      explain: Number(Boolean(params.explain)),
    },
  };
}

function checkText(params: SearchParams, byKeywords: boolean, byVector: boolean) {
  const { text, embedding, nearText, nearMedia } = params;
  const vectors = [embedding, nearText, nearMedia].filter((value) => value !== undefined);
  if (vectors.length > 1) {
    throw invalid("embedding, nearText and nearMedia each give a vector; give one of them");
  }
  if (text === undefined) {
    if (byVector && !byKeywords && vectors.length > 0) return null;
    throw invalid("search needs a text (or an embedding with mode vector, nearText or nearMedia)");
  }
  if (typeof text !== "string") throw invalid(`text must be a string, got ${shown(text)}`);
  return checkTexts([text], "text")[0] as string;
}

function keywordSettings(keyword: KeywordSettings) {
  const { prefix = false, fuzzy = false, operator = "or" } = keyword;
  if (![true, false, "last"].includes(prefix)) {
    throw invalid(`keyword.prefix must be true, false or "last", got ${shown(prefix)}`);
  }
  if (![true, false, 0, 1, 2].includes(fuzzy)) {
    throw invalid(`keyword.fuzzy must be true, false, 0, 1 or 2, got ${shown(fuzzy)}`);
  }
  if (operator !== "or" && operator !== "and") {
    throw invalid(`keyword.operator must be "or" or "and", got ${shown(operator)}`);
  }
  if (keyword.stemmer !== undefined && typeof keyword.stemmer !== "function") {
    throw invalid(`keyword.stemmer must be a function, got ${shown(keyword.stemmer)}`);
  }
  return {
    prefix: prefix === "last" ? 1 : prefix ? 2 : 0,
    fuzzy: fuzzy === true ? FUZZY_AUTO : Number(fuzzy),
    allWords: Number(operator === "and"),
    stems: Number(keyword.stemmer !== undefined),
    k1: checkNumber(keyword.k1 ?? 1.2, "keyword.k1", 0, 1000),
    b: checkNumber(keyword.b ?? 0.75, "keyword.b", 0, 1),
  };
}

function passageSettings(highlights: SearchParams["highlights"]) {
  if (!highlights) return { passages: 0, passageLength: 0 };
  const { passages = 1, length = 200 } = highlights === true ? {} : highlights;
  return {
    passages: checkCount(passages, "highlights.passages", 0, 1000),
    passageLength: checkCount(length, "highlights.length", 1, MOST),
  };
}

function checkNumber(value: unknown, name: string, least: number, most: number): number {
  if (typeof value === "number" && value >= least && value <= most) return value;
  throw invalid(`${name} must be a number from ${least} to ${most}, got ${shown(value)}`);
}
