import { rerankRows } from "../../../js/dist/collection/search/rerank.js";
import { createAnswers } from "../../../js/dist/generate/index.js";
import {
  assembleText,
  checkVectorizer,
  collectMedia,
  combineMedia,
} from "../../../js/dist/vectorize/index.js";
import { weaviateCases } from "../../contract/weaviate-rules.js";

const RULES = {
  assembleText,
  checkVectorizer,
  collectMedia,
  combineMedia,
  createAnswers,
  rerankRows,
};

/** Runs the cases of a rule file; a problem is null where all is right. */
export async function runWeaviateRules({ rule, file }: { rule: string; file: string }) {
  const results: { name: string; problem: string | null }[] = [];
  for (const { name, run } of weaviateCases(rule, JSON.parse(file))) {
    const problem = await run(RULES).then(
      () => null,
      (error: unknown) => String(error),
    );
    results.push({ name, problem });
  }
  return results;
}
