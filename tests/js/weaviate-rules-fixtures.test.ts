import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "@jest/globals";
import { rerankRows } from "../../js/src/collection/search/rerank.js";
import { createAnswers } from "../../js/src/generate/index.js";
import {
  assembleText,
  checkVectorizer,
  collectMedia,
  combineMedia,
} from "../../js/src/vectorize/index.js";
import { type WeaviateRules, weaviateCases } from "../contract/weaviate-rules.js";

const DEFAULT = fileURLToPath(new URL("../fixtures", import.meta.url));
const FOLDER = join(process.env.PAGEVEC_FIXTURES ?? DEFAULT, "providers");
const RULES: WeaviateRules = {
  assembleText,
  checkVectorizer,
  collectMedia,
  combineMedia,
  createAnswers,
  rerankRows,
};

const files = readdirSync(FOLDER)
  .map((name) => /^weaviate\.(.+)\.json$/.exec(name))
  .filter((found) => found !== null);

test("there are rule files", () => {
  expect(files.length).toBeGreaterThan(0);
});

describe.each(files.map(([name, rule]) => [name, rule as string]))("%s", (name, rule) => {
  const cases = weaviateCases(rule, JSON.parse(readFileSync(join(FOLDER, name), "utf8")));
  test.each(cases.map(({ name, run }) => [name, run] as const))("%s", async (_, run) => {
    await run(RULES);
  });
});
