import { SEARCH_SETTINGS } from "../../../js/src/engine/module.js";

// Keyword and hybrid search by definition, for the reference core: the slow twin of src/lexical.

export interface Searchable {
  id: string;
  document: string | null;
}

export interface ModelHit {
  id: string;
  score: number;
  /** By vector and by keywords: rank (0: none), score, share. */
  parts: [number, number, number, number, number, number];
}

export interface Scored {
  id: string;
  score: number;
}

const segmenter = new Intl.Segmenter("en", { granularity: "word" });

export function wordsOf(text: string): string[] {
  return [...segmenter.segment(text)]
    .filter(({ isWordLike }) => isWordLike)
    .map(({ segment }) => segment.toLowerCase().normalize("NFD").replace(/\p{M}/gu, ""));
}

export function settingsOf(numbers: Float32Array): Record<string, number> {
  return Object.fromEntries(SEARCH_SETTINGS.map((name, i) => [name, numbers[i] as number]));
}

/** Insert, delete, replace, exchange neighbours, none of them edited twice. */
function edits(a: string, b: string): number {
  const rows: number[][] = [];
  for (let i = 0; i <= a.length; ++i) {
    const row: number[] = [];
    rows.push(row);
    for (let j = 0; j <= b.length; ++j) {
      const at = (k: number, l: number) => rows[i - k]?.[j - l] ?? Infinity;
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = i * j === 0 ? i + j : Math.min(at(1, 0) + 1, at(0, 1) + 1, at(1, 1) + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        best = Math.min(best, at(2, 2) + 1);
      }
      row.push(best);
    }
  }
  return rows[a.length]?.[b.length] as number;
}

function weightOf(word: string, last: boolean, term: string, settings: Record<string, number>) {
  const n = term.length;
  const automatic = word.length <= 2 ? 0 : word.length <= 5 ? 1 : 2;
  const reach = settings.fuzzy === 254 ? automatic : (settings.fuzzy as number);
  const distance = reach > 0 ? edits(word, term) : Infinity;
  const prefix = settings.prefix === 2 || (settings.prefix === 1 && last);
  return Math.max(
    word === term ? 1 : 0,
    prefix && term.startsWith(word) ? (0.375 * n) / (n + 0.3 * (n - word.length)) : 0,
    distance <= reach ? (0.45 * n) / (n + distance) : 0,
  );
}

/** Every record that BM25 gives a score, best first. all: the collection; among: who may be found. */
export function keywordModel(
  all: Searchable[],
  among: Set<string>,
  text: string,
  settings: Record<string, number>,
): Scored[] {
  const documents = all
    .filter(({ document }) => document !== null)
    .map(({ id, document }) => ({ id, words: wordsOf(document as string) }));
  const total = documents.reduce((sum, { words }) => sum + words.length, 0);
  const query = wordsOf(text);
  const frequency = new Map<string, number>();
  for (const { words } of documents) {
    for (const word of new Set(words)) frequency.set(word, (frequency.get(word) ?? 0) + 1);
  }
  const { k1 = 0, b = 0 } = settings;
  const hits: Scored[] = [];
  for (const { id, words } of documents) {
    const norm = k1 * (1 - b + (b * words.length * documents.length) / total);
    const best = query.map((word, i) => {
      const scores = [...new Set(words)].map((term) => {
        const n = frequency.get(term) as number;
        const idf = Math.log(1 + (documents.length - n + 0.5) / (n + 0.5));
        const f = words.filter((each) => each === term).length;
        const weight = weightOf(word, i === query.length - 1, term, settings);
        return (weight * idf * f) / (f + norm);
      });
      return Math.max(0, ...scores);
    });
    const score = best.reduce((sum, each) => sum + each, 0);
    const counts = settings.allWords ? best.every((each) => each > 0) : score > 0;
    if (counts && among.has(id)) hits.push({ id, score });
  }
  return hits.sort((a, b) => b.score - a.score);
}

/** Two rankings as one; order: the ids in insertion order, which decides between equals. */
export function fusionModel(
  near: Scored[],
  matching: Scored[],
  order: string[],
  settings: Record<string, number>,
): ModelHit[] {
  const share = (ranking: Scored[], at: number, weight: number) => {
    const [first, last] = [ranking[0]?.score ?? 0, ranking.at(-1)?.score ?? 0];
    if (settings.fusion === 0) return weight / (61 + at);
    const score = ranking[at]?.score ?? 0;
    return weight * (first === last ? 1 : (score - last) / (first - last));
  };
  const part = (ranking: Scored[], id: string, weight = 0): [number, number, number] => {
    const at = ranking.findIndex((hit) => hit.id === id);
    return at < 0 ? [0, 0, 0] : [at + 1, ranking[at]?.score ?? 0, share(ranking, at, weight)];
  };
  return order
    .map((id) => {
      const vector = part(near, id, settings.vectorWeight);
      const keyword = part(matching, id, settings.keywordWeight);
      return { id, score: vector[2] + keyword[2], parts: [...vector, ...keyword] } as ModelHit;
    })
    .filter(({ parts }) => parts[0] + parts[3] > 0)
    .sort((a, b) => b.score - a.score);
}

/** Maximal marginal relevance. */
export function diversityModel(
  vectors: number[][],
  relevance: number[],
  lambda: number,
  limit: number,
): number[] {
  const dot = (a: number[], b: number[]) => a.reduce((sum, x, i) => sum + x * (b[i] as number), 0);
  const cosine = (a: number[], b: number[]) => dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b)) || 0;
  const [low, high] = [Math.min(...relevance), Math.max(...relevance)];
  const chosen: number[] = [];
  const left = vectors.map((_, i) => i);
  while (left.length > 0 && chosen.length < limit) {
    const values = left.map((i) => {
      const like = chosen.map((j) => cosine(vectors[i] as number[], vectors[j] as number[]));
      const relative = high > low ? ((relevance[i] as number) - low) / (high - low) : 1;
      return lambda * relative - (chosen.length > 0 ? (1 - lambda) * Math.max(...like) : 0);
    });
    const best = values.indexOf(Math.max(...values));
    chosen.push(...left.splice(best, 1));
  }
  return chosen;
}
