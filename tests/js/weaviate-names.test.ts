import { createHash } from "node:crypto";
import { describe, expect, test } from "@jest/globals";
import { sha1 } from "../../js/src/servers/client/sha1.js";
import { exactText, likeText } from "../../js/src/servers/weaviate/exact-text.js";
import { className, numberProperty, objectId } from "../../js/src/servers/weaviate/names.js";
import { below, pick } from "../servers/weaviate-schemas.js";
import { uniform } from "../support/mulberry32.mjs";

test("sha1 is that of node:crypto, for every length", () => {
  const random = uniform(1);
  for (let length = 0; length < 300; ++length) {
    const bytes = Uint8Array.from({ length }, () => below(random, 256));
    expect([...sha1(bytes)]).toEqual([...createHash("sha1").update(bytes).digest()]);
  }
});

test("objects have the UUIDs that Weaviate's clients and Python make", () => {
  expect(objectId("python.org")).toBe("886313e1-3b8a-5372-9b90-0c9aee199e5d");
  expect(objectId("www.example.com")).toBe("2ed6657d-e927-568b-95e1-2665a8aea6a2");
});

test("names and keys that differ are told apart, and are such as Weaviate takes", () => {
  const random = uniform(2);
  const letters = [..."aAbB_ .-é0", "日", "😀"];
  const texts = Array.from({ length: 5000 }, () =>
    Array.from({ length: 1 + below(random, 4) }, () => pick(random, letters)).join(""),
  );
  const keys = [...new Set([...texts, "k".repeat(300), `${"k".repeat(300)}é`, "", "_5f_"])];
  const properties = keys.map(numberProperty);
  // Case does not tell them apart there.
  expect(new Set(properties.map((name) => name.toLowerCase())).size).toBe(keys.length);
  for (const name of properties) expect(name).toMatch(/^[a-z][a-z0-9_]{0,229}$/);
  const classes = keys.map((key) => className("Pagevec", key, 0));
  expect(new Set(classes.map((name) => name.toLowerCase())).size).toBe(keys.length);
  for (const name of classes) expect(name).toMatch(/^[A-Z][a-zA-Z0-9_]{0,254}$/);
  expect(className("P", "a", 2)).toBe(`${className("P", "a", 0)}_2`);
});

describe("texts for Like", () => {
  /** Weaviate's own (adapters/repos/db/inverted/like_regexp.go): a dot meets all but a line break. */
  function isLike(text: string, pattern: string): boolean {
    const quoted = pattern.replace(/[.+^${}()|[\]\\]/g, "\\$&");
    const source = quoted.replaceAll("?", "[^\\n]").replaceAll("*", "[^\\n]*");
    return new RegExp(`^${source}$`, "u").test(text.trim());
  }

  test("contain each other where the texts do", () => {
    const random = uniform(3);
    const letters = [..."ab*?\n \t.\\", "\uE000", "\uE001", "\uE002", "😀"];
    const text = (most: number) =>
      Array.from({ length: below(random, most) }, () => pick(random, letters)).join("");
    let contained = 0;
    for (let i = 0; i < 20_000; ++i) {
      const [document, part] = [text(9), text(4)];
      const expected = document.includes(part);
      if (expected) contained += 1;
      expect([document, part, isLike(exactText(document), likeText(part))]).toEqual([
        document,
        part,
        expected,
      ]);
    }
    expect(contained).toBeGreaterThan(4000);
  });
});
