/** The page that the browser suites drive: the public package, and the contract suites, on window. */
import * as pagevec from "pagevec";
import { loadCore } from "../../../js/dist/engine/load.js";
import { IndexedDbStore } from "../../../js/dist/storage/indexeddb.js";
import { assert, type ContractCase } from "../../contract/contract.js";
import { type StoreContext, storeContract } from "../../contract/store.js";

const stores: StoreContext = { open: (name) => IndexedDbStore.open(name), persistent: true };

const suites: Record<string, { name: string; run(): Promise<void> }[]> = {
  "IndexedDB store": bind(storeContract, () => stores),
};

function bind<C>(cases: readonly ContractCase<C>[], context: () => C) {
  return cases.map(({ name, run }) => ({ name, run: () => run(context()) }));
}

function contractNames(): Record<string, string[]> {
  return Object.fromEntries(
    Object.entries(suites).map(([suite, cases]) => [suite, cases.map(({ name }) => name)]),
  );
}

async function runContract(suite: string, name: string): Promise<void> {
  const found = suites[suite]?.find((candidate) => candidate.name === name);
  assert(found, `there is no contract case "${suite}: ${name}"`);
  await found.run();
}

async function coreVariant(variant?: "simd128" | "relaxed"): Promise<string> {
  return (await loadCore(variant ? { variant } : {})).variant();
}

/** texts and the answer are JSON, so that lone surrogates arrive as they are. */
async function tokenize({ modelUrl, texts }: { modelUrl: string; texts: string }): Promise<string> {
  const tokenizer = await pagevec.loadTokenizer("all-MiniLM-L6-v2", { modelUrl, maxTokens: 0 });
  const encodings = (JSON.parse(texts) as string[]).map((text) => tokenizer.encode(text));
  tokenizer.close();
  return JSON.stringify(encodings);
}

/** Every text's vector twice: in one call, and each in a call of its own. */
async function embedTexts(args: { modelUrl: string; dtype: "int8" | "fp32"; texts: string[] }) {
  const { modelUrl, dtype, texts } = args;
  const model = pagevec.miniLM({ modelUrl, dtype, onTruncate: () => {} });
  const batch = await model.generate(texts);
  const alone: number[] = [];
  // A sixth of the texts: each costs a run of its own, and the rule is the same for all.
  for (const [row, text] of texts.entries()) {
    const single = row % 6 === 0 ? (await model.generate([text]))[0] : batch[row];
    alone.push(...(single as Float32Array));
  }
  await model.close();
  return { batch: batch.flatMap((vector) => [...vector]), alone };
}

Object.assign(window, { pagevec, suites, contractNames, runContract, coreVariant, tokenize, embedTexts });
