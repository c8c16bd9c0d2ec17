import type { PagevecError } from "../errors.js";
import type { Generation, Generator, ModelSettings, TokenUsage } from "../types/generator.js";
import type { Media } from "../types/media.js";
import type { CallOptions } from "../types.js";

/**
 * A model of your own, such as one that runs in the page: its answer, or the pieces of it. It should
 * end when the signal fires.
 */
export type AnswerFunction = (
  prompt: string,
  options: CallOptions & { images?: Media[] },
) => string | Promise<string> | AsyncIterable<string>;

/** What answers are made from, and how. */
export interface AnswerParams {
  model: Generator | AnswerFunction;
  /** A prompt for each record, `{property}` standing for its values. One request a record. */
  single?: string;
  /** A task for all records together, which follow it as JSON. One request. */
  grouped?: string;
  /** The properties that `grouped` tells of. Default: all. */
  properties?: string[];
  /** Properties that hold pictures, which go with the prompts. */
  imageProperties?: string[];
  /** Pictures that go with every prompt, after those of the records. */
  images?: Media[];
  /** What the model is told before everything else. */
  system?: string;
  /** How the model answers. */
  settings?: ModelSettings;
  /** The most tokens that a prompt, with `system`, may have; images do not count. */
  tokenBudget?: number;
  /** Counts them. Default: a third of the UTF-8 bytes, which is more than English has. */
  countTokens?: (text: string) => number;
  /** Requests under way at once. Default 4. */
  maxConcurrency?: number;
}

/** A record that answers are made from. */
export interface AnswerSource {
  id: string;
  properties: Readonly<Record<string, unknown>>;
}

export interface Answer extends Generation {
  /** The ids of the records that the model was given. */
  citations: string[];
}

/** A record with the answers about it. */
export type Answered<Row> = Row & {
  /** The answer to `single`. */
  single?: Answer;
  /** Why there is none. The other records have theirs. */
  error?: PagevecError;
  /** The answer to `grouped`, with the first record only. */
  grouped?: Answer;
  groupedError?: PagevecError;
};

export interface AnswerResult<Row> {
  rows: Answered<Row>[];
  /** Of all answers together, as far as the model tells. */
  usage: TokenUsage;
}

/** A piece of an answer that is being written. Answers about different records come mixed. */
export interface AnswerPiece {
  kind: "single" | "grouped";
  /** The place of the record among the rows; 0 for "grouped". */
  index: number;
  /** Its id. */
  id: string;
  text: string;
}

/**
 * Answers while they are being written: `for await` gives their pieces. The requests are sent when
 * the first piece is asked for; leaving the loop ends them.
 */
export interface AnswerStream<Row> extends AsyncIterable<AnswerPiece> {
  /** What the answers are about. */
  readonly rows: readonly Row[];
  /** The whole answers; what was not read yet is read. Rejects when the call is aborted. */
  result(): Promise<AnswerResult<Row>>;
}
