import { expect, test } from "@jest/globals";
import { cleanLemma, parseSenses, parseSynset } from "../../tools/wordnet.mjs";
import { splitText } from "../../web-demo/src/split-text.js";

test("a synset's line gives words without underscores and markers, and the whole gloss", () => {
  const line =
    '00014858 00 s 02 ablaze(p) 0 on_fire(ip) 1 001 & 00014587 a 0000 | lighted up; "the sky | ablaze"  ';
  expect(parseSynset(line)).toEqual({
    offset: "00014858",
    lexFile: "00",
    words: ["ablaze", "on fire"],
    gloss: 'lighted up; "the sky | ablaze"',
  });
});

test("the number of words is hexadecimal", () => {
  const words = Array.from({ length: 16 }, (_, i) => `w${i} 0`).join(" ");
  const { words: found } = parseSynset(`00000001 03 n 10 ${words} 000 | sixteen words`);
  expect(found).toHaveLength(16);
  expect(found[15]).toBe("w15");
});

test("only the markers of adjectives are cut from a lemma", () => {
  expect(cleanLemma("elect(ip)")).toBe("elect");
  expect(cleanLemma("ice_cream")).toBe("ice cream");
  expect(cleanLemma("f(x)")).toBe("f(x)");
});

test("satellite adjectives count as adjectives in the index of senses", () => {
  const senses = parseSenses(
    "two%5:00:00:cardinal:00 02194109 1 508\nice_cream%1:13:00:: 07614500 2 3\n",
  );
  expect(senses.get("a02194109")?.get("two")).toEqual({ sense: 1, tagged: 508 });
  expect(senses.get("n07614500")?.get("ice cream")).toEqual({ sense: 2, tagged: 3 });
});

test("paragraphs are split at empty lines, once each", () => {
  expect(splitText("One\nline.\n\n \nTwo.\n\nTwo.\n", "paragraphs")).toEqual(["One line.", "Two."]);
});

test("sentences are split within paragraphs", () => {
  expect(splitText("One is here. Two is there!\n\nThree?", "sentences")).toEqual([
    "One is here.",
    "Two is there!",
    "Three?",
  ]);
});

test("a long paragraph becomes passages that the model can read, with nothing lost", () => {
  const sentences = Array.from({ length: 60 }, (_, i) => `This is sentence number ${i} of many.`);
  const long = `${sentences.join(" ")} ${"word ".repeat(400).trim()}`;
  const passages = splitText(long, "paragraphs");
  expect(passages.length).toBeGreaterThan(3);
  for (const passage of passages) expect(passage.length).toBeLessThanOrEqual(900);
  expect(passages.join(" ")).toBe(long);
});
