/** A line of tests/fixtures/sentencepiece/*.jsonl. */
export interface TokenizerCase {
  text: string;
  ids: number[];
  offsets: [number, number][];
}
