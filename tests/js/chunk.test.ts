import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type Chunk, chunk } from "../../js/src/embedding/chunk.js";
import { loadTokenizer, type Tokenizer } from "../../js/src/embedding/tokenizer.js";
import { uniform } from "../support/mulberry32.mjs";
import { modelFolder } from "./model-folder.js";

const MODEL = "all-MiniLM-L6-v2";
const SENTENCES = [
  "The cat sat on the mat.",
  "Does Dr. Smith know it?",
  "光合作用は植物が行う。",
  "Ωmega, ünïcode — and 😀!",
  "Antidisestablishmentarianism floccinaucinihilipilification pneumonoultramicroscopic.",
  "x",
];

let tokenizer: Tokenizer;
beforeAll(async () => {
  const folder = modelFolder(MODEL, ["vocab"]);
  tokenizer = await loadTokenizer(MODEL, { modelUrl: `file://${folder}/` });
});
afterAll(() => tokenizer.close());

/** What holds for every cut. */
function check(text: string, chunks: Chunk[], maxTokens: number, overlap: number): void {
  let covered = 0;
  for (const [i, { begin, end, tokens, text: part }] of chunks.entries()) {
    expect(part).toBe(text.slice(begin, end));
    expect(part).toBe(part.trim());
    expect(tokens).toBe(tokenizer.count(part));
    expect(tokens).toBeLessThanOrEqual(maxTokens);
    expect(text.slice(covered, begin).trim()).toBe("");
    expect(end).toBeGreaterThan(covered);
    const repeated = tokenizer.count(text.slice(begin, Math.max(begin, covered))) - 2;
    if (i > 0) expect(repeated).toBeLessThanOrEqual(overlap);
    covered = end;
  }
  expect(text.slice(covered).trim()).toBe("");
}

describe("chunk", () => {
  const three = "First one here. Second one there.\n\nA new paragraph begins. It goes on.\n\nEnd.";

  test("cuts between paragraphs where they fit", () => {
    const chunks = chunk(three, { tokenizer, maxTokens: 16 });
    expect(chunks.map(({ text }) => text)).toEqual([
      "First one here. Second one there.",
      "A new paragraph begins. It goes on.\n\nEnd.",
    ]);
    expect(chunks.map(({ begin, end }) => [begin, end])).toEqual([
      [0, 33],
      [35, 76],
    ]);
  });

  test("within a paragraph between sentences, within a sentence between words", () => {
    const sentences = chunk(three, { tokenizer, maxTokens: 8 }).map(({ text }) => text);
    expect(sentences.slice(0, 3)).toEqual([
      "First one here.",
      "Second one there.",
      "A new paragraph begins.",
    ]);
    const words = chunk("one two three four five", { tokenizer, maxTokens: 4 });
    expect(words.map(({ text }) => text)).toEqual(["one two", "three four", "five"]);
  });

  test("repeats whole sentences, or words where none fits", () => {
    const text = "One is first. Two is next. Three is third. Four is last.";
    const parts = chunk(text, { tokenizer, maxTokens: 10, overlap: 4 }).map(({ text }) => text);
    expect(parts).toEqual([
      "One is first. Two is next.",
      "Two is next. Three is third.",
      "Three is third. Four is last.",
    ]);
    const words = chunk("one two three four five", { tokenizer, maxTokens: 5, overlap: 1 });
    expect(words.map(({ text }) => text)).toEqual(["one two three", "three four five"]);
  });

  test("by a tokenizer that counts nothing in an empty text", () => {
    const count = (text: string) => text.split(" ").length;
    const call = () => chunk(three, { tokenizer: { count, maxTokens: 5 } });
    expect(call).toThrow('counts 1 tokens in "" and 1 in "a"');
  });

  test("by the tokenizer's own length unless told", () => {
    const chunks = chunk("word ".repeat(600), { tokenizer });
    expect(chunks.map(({ tokens }) => tokens)).toEqual([256, 256, 94]);
  });

  test("of nothing is nothing", () => {
    expect(chunk("", { tokenizer })).toEqual([]);
    expect(chunk(" \n\n \t", { tokenizer })).toEqual([]);
  });

  test("refuses limits that leave no room", () => {
    const cut = (options: object) => () => chunk("a b", { tokenizer, ...options });
    expect(cut({ maxTokens: 2 })).toThrow("maxTokens is 2; it must be a whole number from 3");
    expect(cut({ maxTokens: 8, overlap: 6 })).toThrow("overlap is 6, which leaves no room");
    expect(cut({ overlap: -1 })).toThrow("overlap is -1");
    const bytes = { count: (text: string) => new TextEncoder().encode(text).length, maxTokens: 3 };
    expect(chunk("aéb", { tokenizer: bytes }).map(({ text }) => text)).toEqual(["aé", "b"]);
    expect(() => chunk("a😀", { tokenizer: bytes })).toThrow(
      'maxTokens 3 with overlap 0 is too little for "😀", which has 4 tokens',
    );
  });

  test("every cut of random texts is within the limits and loses nothing", () => {
    const random = uniform(7);
    const below = (limit: number) => Math.floor(random() * limit);
    for (let round = 0; round < 200; round++) {
      const parts = Array.from({ length: 1 + below(40) }, () => {
        const sentence = SENTENCES[below(SENTENCES.length)] as string;
        return sentence + ([" ", " ", "\n", "\n\n", "  \n \n\t", ""][below(6)] as string);
      });
      const maxTokens = 12 + below(60);
      const overlap = below(2) * below(maxTokens - 4);
      const text = parts.join("");
      check(text, chunk(text, { tokenizer, maxTokens, overlap }), maxTokens, overlap);
    }
  });
});
