import { PagevecError } from "../errors.js";
import type { Tokenizer } from "./tokenizer.js";

export interface ChunkOptions {
  /** The model's, as loadTokenizer() gives it: its tokens are counted. */
  tokenizer: Pick<Tokenizer, "count" | "maxTokens">;
  /** The longest chunk in tokens, special ones included. Default: the tokenizer's. */
  maxTokens?: number;
  /** Up to so many tokens of a chunk are repeated at the start of the next. Default 0. */
  overlap?: number;
  /** The language, for the ends of sentences. Default: the browser's. */
  locale?: string;
}

/** A part of a text: text.slice(begin, end), counted in UTF-16 units. */
export interface Chunk {
  text: string;
  begin: number;
  end: number;
  /** Special ones included. */
  tokens: number;
}

interface Range {
  begin: number;
  end: number;
}

/** Blank lines belong to what is before them. */
const PARAGRAPH = /[\s\S]*?(?:\n[^\S\n]*\n\s*|$)/g;
const LEVELS = ["paragraph", "sentence", "word", "grapheme"] as const;

/**
 * Cuts a text into parts that a model reads whole: between paragraphs; within one that is too long
 * between sentences; within such a sentence between words, then characters. White space at the ends
 * of a chunk is left out, so that nothing but white space is missing between chunks.
 * @throws invalid_argument for limits that leave no room for a character, and for a tokenizer that
 *   counts as many tokens in an empty text as in a letter
 */
export function chunk(text: string, options: ChunkOptions): Chunk[] {
  const chunker = new Chunker(text, options);
  return chunker.run();
}

class Chunker {
  private readonly maxTokens: number;
  private readonly overlap: number;
  /** Of the tokens that are not of the text, such as [CLS] and [SEP]. */
  private readonly special: number;

  constructor(
    private readonly text: string,
    private readonly options: ChunkOptions,
  ) {
    const { tokenizer, maxTokens = tokenizer.maxTokens, overlap = 0 } = options;
    this.special = tokenizer.count("");
    // Else the sums below never reach the limit, e.g. with text.split(" ").length.
    if (tokenizer.count("a") <= this.special) {
      throw invalid(
        `the tokenizer counts ${this.special} tokens in "" and ${tokenizer.count("a")} in "a"; an empty text has none but special ones`,
      );
    }
    this.maxTokens = checked(maxTokens, "maxTokens", this.special + 1);
    this.overlap = checked(overlap, "overlap", 0);
    if (this.overlap < this.maxTokens - this.special) return;
    throw invalid(`overlap is ${overlap}, which leaves no room in ${maxTokens} tokens; lower it`);
  }

  run(): Chunk[] {
    const pieces = [...this.pieces({ begin: 0, end: this.text.length }, 0)];
    const chunks: Chunk[] = [];
    let next = 0;
    while (next < pieces.length) {
      const first = pieces[next] as Range;
      const before = chunks.at(-1);
      let begin = before ? this.overlapBegin(before, first.begin) : first.begin;
      if (this.count({ begin, end: first.end }) > this.maxTokens) begin = first.begin;
      const last = this.lastThatFits(pieces, next, begin);
      chunks.push(this.toChunk({ begin, end: (pieces[last] as Range).end }));
      next = last + 1;
    }
    return chunks;
  }

  /** Neighbouring parts, each as large as paragraphs, sentences or words may be beside an overlap. */
  private *pieces(range: Range, level: number): Generator<Range> {
    for (const part of this.split(range, level)) {
      if (this.text.slice(part.begin, part.end).trim() === "") continue;
      if (this.count(part) <= this.maxTokens - this.overlap) yield part;
      else if (level + 1 < LEVELS.length) yield* this.pieces(part, level + 1);
      else {
        const { begin, end } = part;
        throw invalid(
          `maxTokens ${this.maxTokens} with overlap ${this.overlap} is too little for ${JSON.stringify(this.text.slice(begin, end))}, which has ${this.count(part)} tokens`,
        );
      }
    }
  }

  /** The last piece of a chunk that begins there: as many as fit, at least the first. */
  private lastThatFits(pieces: Range[], first: number, begin: number): number {
    let last = first;
    let sum = this.count({ begin, end: (pieces[first] as Range).end });
    // By the sum of their tokens, then exactly: tokens may join, or part, where pieces meet.
    for (let i = first + 1; i < pieces.length; i++) {
      sum += this.count(pieces[i] as Range) - this.special;
      if (sum > this.maxTokens) break;
      last = i;
    }
    while (
      last > first &&
      this.count({ begin, end: (pieces[last] as Range).end }) > this.maxTokens
    ) {
      last -= 1;
    }
    return last;
  }

  /** Where the repeated end of a chunk begins: with a sentence, else with a word. */
  private overlapBegin(before: Chunk, end: number): number {
    if (this.overlap === 0) return end;
    for (const level of [1, 2]) {
      let begin = end;
      for (const part of this.split({ begin: before.begin, end }, level).reverse()) {
        const tokens = this.count({ begin: part.begin, end }) - this.special;
        if (tokens > this.overlap || part.begin === before.begin) break;
        begin = part.begin;
      }
      if (this.text.slice(begin, end).trim() !== "") return begin;
    }
    return end;
  }

  private split({ begin, end }: Range, level: number): Range[] {
    const text = this.text.slice(begin, end);
    const granularity = LEVELS[level] ?? "grapheme";
    const parts =
      granularity === "paragraph"
        ? [...text.matchAll(PARAGRAPH)].map(([part]) => part)
        : Array.from(
            new Intl.Segmenter(this.options.locale, { granularity }).segment(text),
            ({ segment }) => segment,
          );
    let at = begin;
    return parts.map((part) => {
      const from = at;
      at += part.length;
      return { begin: from, end: at };
    });
  }

  private count({ begin, end }: Range): number {
    return this.options.tokenizer.count(this.text.slice(begin, end).trim());
  }

  private toChunk(range: Range): Chunk {
    const whole = this.text.slice(range.begin, range.end);
    const begin = range.begin + whole.length - whole.trimStart().length;
    const text = whole.trim();
    return { text, begin, end: begin + text.length, tokens: this.count(range) };
  }
}

function checked(value: number, name: string, least: number): number {
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw invalid(`${name} is ${value}; it must be a whole number from ${least}`);
}

function invalid(message: string): PagevecError {
  return new PagevecError("invalid_argument", message);
}
