import type { SearchParams, SearchRow } from "../../js/src/collection/search/search-types.js";
import type { createAnswers } from "../../js/src/generate/answers.js";
import type { MediaVectors } from "../../js/src/types/media.js";
import type { DataType, VectorizerSettings } from "../../js/src/types/vectorizer.js";
import type { CallOptions } from "../../js/src/types.js";
import type { collectMedia, combineMedia } from "../../js/src/vectorize/media.js";
import type { checkVectorizer } from "../../js/src/vectorize/settings.js";
import type { assembleText } from "../../js/src/vectorize/text.js";
import { assert, assertEqual, type ContractCase } from "./contract.js";

/** What the rule files are about, as the package has it. */
export interface WeaviateRules {
  assembleText: typeof assembleText;
  checkVectorizer: typeof checkVectorizer;
  collectMedia: typeof collectMedia;
  combineMedia: typeof combineMedia;
  createAnswers: typeof createAnswers;
  rerankRows(
    rows: readonly SearchRow[],
    rerank: NonNullable<SearchParams["rerank"]>,
    text: string | null,
    explain: boolean,
    options: CallOptions,
  ): Promise<SearchRow[]>;
}

/** The cases of a file providers/weaviate.<rule>.json; see tests/fixtures/providers/README.md. */
export function weaviateCases(rule: string, file: unknown): ContractCase<WeaviateRules>[] {
  const cases = READERS[rule];
  if (!cases) throw new Error(`weaviate.${rule}.json is of no rule that is known`);
  return cases(file as never);
}

const READERS: Record<string, (file: never) => ContractCase<WeaviateRules>[]> = {
  "text-assembly": textCases,
  multi2vec: mediaCases,
  rag: promptCases,
  rerank: rerankCases,
};

interface TextCase {
  name: string;
  collection: string;
  /** As Weaviate's moduleConfig. */
  settings: VectorizerSettings;
  properties: {
    name: string;
    dataType: DataType;
    skip?: boolean;
    vectorizePropertyName?: boolean;
  }[];
  object: Record<string, unknown>;
  module?: string;
  /** null: nothing was sent. */
  text: string | null;
  title?: string;
}

function textCases({ cases }: { cases: TextCase[] }): ContractCase<WeaviateRules>[] {
  return cases.map(({ name, collection, settings, properties, module, object, ...expected }) => ({
    name,
    async run({ assembleText, checkVectorizer }) {
      const given: VectorizerSettings = {
        module: module ?? "text2vec-transformers",
        className: collection,
        ...settings,
        propertyConfig: Object.fromEntries(properties.map(({ name, ...config }) => [name, config])),
      };
      checkVectorizer(given);
      const { text, title } = assembleText(object, given);
      assertEqual(text === "" && title === "" ? null : text, expected.text, "the text");
      if (expected.title !== undefined) assertEqual(title, expected.title, "the title");
    },
  }));
}

interface MediaCase {
  name: string;
  provider: string;
  settings: VectorizerSettings;
  schema_error?: string;
  object: Record<string, unknown>;
  request_body: unknown;
  response_body: unknown;
  combined_vector?: number[];
  /** Where Weaviate matches weights by position: what it would have been by name. */
  combined_by_field?: number[];
}

function mediaCases({ cases }: { cases: MediaCase[] }): ContractCase<WeaviateRules>[] {
  const pictures = knownPictures(cases);
  return cases.map((given) => ({
    name: `${given.provider}, ${given.name}`,
    async run(rules) {
      const { settings, schema_error: refused } = given;
      if (refused !== undefined)
        return assertRefused(() => rules.checkVectorizer(settings), refused);
      rules.checkVectorizer(settings);
      const collected = rules.collectMedia(given.object, settings);
      const inputs = collected.inputs as Record<string, string[]>;
      const vectors = vectorsOf(given.response_body, inputs, pictures);
      assertSent(inputs, given.request_body);
      const combined = rules.combineMedia(collected, vectors, settings);
      const expected = given.combined_by_field ?? given.combined_vector ?? [];
      assertEqual(combined.length, expected.length, "the dimensions");
      for (const [i, value] of combined.entries()) {
        const wanted = expected[i] as number;
        assert(Math.abs(value - wanted) < 1e-6, `component ${i}: ${value} instead of ${wanted}`);
      }
    },
  }));
}

function assertRefused(run: () => void, said: string): void {
  let thrown: unknown;
  try {
    run();
  } catch (error) {
    thrown = error;
  }
  const reason = said.replace(/^module '[^']*': /, "");
  assert(String(thrown).includes(reason), `expected "${reason}", got ${String(thrown)}`);
}

/** Every input in the request, in its order; forms differ by service, the values do not. */
function assertSent(inputs: Record<string, string[]>, body: unknown): void {
  const sent = JSON.stringify(body);
  for (const [kind, list] of Object.entries(inputs)) {
    if (kind === "images" && isTextsAlone(body)) continue;
    let from = 0;
    for (const value of list) {
      const at = sent.indexOf(JSON.stringify(value).slice(1, -1), from);
      assert(at !== -1, `${kind}: ${value.slice(0, 40)} was not sent, or in another order`);
      from = at + 1;
    }
  }
}

/** Cohere's: images are sent by another request, which the files do not have. */
function isTextsAlone(body: unknown): boolean {
  return Object.hasOwn(body as object, "input_type") && Object.hasOwn(body as object, "texts");
}

/** The recorder gave the same vector for the same data: URL, whichever service it stood for. */
function knownPictures(cases: MediaCase[]): Map<string, number[]> {
  const known = new Map<string, number[]>();
  for (const { object, request_body, response_body } of cases) {
    const sent = JSON.stringify(request_body ?? null);
    for (const value of Object.values(object ?? {}).map(String)) {
      const data = (response_body as { data?: { embedding: number[] }[] }).data;
      if (data && sent.includes(`;base64,${value}`)) known.set(value, data.at(-1)?.embedding ?? []);
    }
  }
  return known;
}

const ANSWER_NAMES: Record<string, string> = { texts: "text", images: "image" };

/** The recorded vectors by kind: a container's lists, or one list in the order of the inputs. */
function vectorsOf(
  body: unknown,
  inputs: Record<string, string[]>,
  pictures: Map<string, number[]>,
): MediaVectors {
  const answer = body as Record<string, unknown> & {
    data?: { embedding: number[] }[];
    embeddings?: { float: number[][] };
  };
  const list = answer.data?.map(({ embedding }) => embedding) ?? answer.embeddings?.float ?? [];
  let next = 0;
  const entries = Object.entries(inputs).map(([kind, values]) => {
    const own = answer[`${ANSWER_NAMES[kind] ?? kind}Vectors`] as number[][] | undefined;
    if (own) return [kind, own];
    return [kind, values.map((value) => list[next++] ?? pictures.get(value))];
  });
  return Object.fromEntries(entries) as MediaVectors;
}

interface PromptFile {
  objects: Record<string, unknown>[];
  cases: {
    provider: string;
    label: string;
    /** GraphQL. */
    args: string;
    prompts: string[];
    result: ({
      error: string | null;
      groupedResult: string | null;
      singleResult: string | null;
    } | null)[];
  }[];
}

function promptCases({ objects, cases }: PromptFile): ContractCase<WeaviateRules>[] {
  return cases.map(({ provider, label, args, prompts, result }) => ({
    name: `${provider}, ${label}`,
    async run({ createAnswers }) {
      const asked: string[] = [];
      const sources = objects.map((properties, i) => ({ id: `object-${i}`, properties }));
      const { rows } = await createAnswers(sources, {
        ...argumentsOf(args),
        model: (prompt) => {
          asked.push(prompt);
          return "ANSWER";
        },
      });
      assertEqual(asked.sort(), [...prompts].sort(), "the prompts");
      const answers = rows.map(({ single, grouped, error, groupedError }) => ({
        error: (groupedError ?? error)?.message.replace("pagevec: ", "") ?? null,
        groupedResult: grouped?.text ?? null,
        singleResult: single?.text ?? null,
      }));
      const none = { error: null, groupedResult: null, singleResult: null };
      assertEqual(
        answers,
        result.map((expected) => expected ?? none),
        "the answers",
      );
    },
  }));
}

function argumentsOf(args: string) {
  const text = (name: string) => {
    const found = new RegExp(`\\b${name}: *("(?:[^"\\\\]|\\\\.)*")`).exec(args)?.[1];
    return found === undefined ? undefined : (JSON.parse(found) as string);
  };
  const properties = /\bproperties: *(\[[^\]]*\])/.exec(args)?.[1];
  const single = text("prompt");
  const grouped = text("task");
  return {
    ...(single !== undefined && { single }),
    ...(grouped !== undefined && { grouped }),
    ...(properties && { properties: JSON.parse(properties) as string[] }),
  };
}

interface RerankCase {
  provider: string;
  label?: string;
  body?: { documents?: string[]; passages?: { text: string }[]; query: string | { text: string } };
  answer?: Record<string, { index?: number; [score: string]: unknown }[]>;
  result?: { text: string | null; _additional: { rerank: { score: number }[] } }[] | object;
}

function rerankCases({ cases }: { cases: RerankCase[] }): ContractCase<WeaviateRules>[] {
  return cases.map((given, i) => ({
    name: `${given.provider}, ${given.label ?? i}`,
    async run({ rerankRows }) {
      const results = resultsOf(given.result);
      const documents = documentsOf(given) ?? results.map(({ text }) => text ?? "").reverse();
      const scores = scoresOf(given.answer) ?? results.map(({ score }) => score).reverse();
      const rows = documents.map((text, place) => rowOf(text, place, given.label));
      const asked: unknown[] = [];
      const query = queryOf(given);
      const ranked = await rerankRows(
        rows,
        { reranker: scripted(scores, asked), property: "text", query },
        null,
        false,
        {},
      );
      assertEqual(asked, [query, ...documents], "what the reranker was asked");
      if (results.length === 0) return;
      const found = ranked.map(({ metadata, score }) => ({ text: metadata?.text ?? null, score }));
      assertEqual(found, results, "the ranking");
      const before = ranked.map(({ id, firstScore }) => [id, firstScore]);
      assertEqual(
        before,
        ranked.map(({ id }) => [id, -Number(id)]),
        "the first scores",
      );
    },
  }));
}

/** As Weaviate had it: no property for "", and a number for a property that is no text. */
function rowOf(text: string, place: number, label: string | undefined): SearchRow {
  const metadata = label === "int property" ? { text: 7 } : text === "" ? null : { text };
  return { id: String(place), score: -place, metadata };
}

function scripted(scores: number[], asked: unknown[]) {
  return {
    name: "scripted",
    async rerank(query: string, documents: readonly string[]) {
      asked.push(query, ...documents);
      const ranked = documents.map((_, index) => ({ index, score: scores[index] ?? 0 }));
      return ranked.sort((a, b) => b.score - a.score);
    },
  };
}

function queryOf({ body }: RerankCase): string {
  const query = body?.query ?? "";
  return typeof query === "string" ? query : query.text;
}

function documentsOf({ body }: RerankCase): string[] | undefined {
  return body?.documents ?? body?.passages?.map(({ text }) => text);
}

function scoresOf(answer: RerankCase["answer"]): number[] | undefined {
  const list = answer && (answer.results ?? answer.scores ?? answer.rankings ?? answer.data);
  if (!list) return undefined;
  const scores: number[] = [];
  for (const [position, item] of list.entries()) {
    const score = item.relevance_score ?? item.score ?? item.logit;
    scores[item.index ?? position] = score as number;
  }
  return scores;
}

function resultsOf(result: RerankCase["result"]): { text: string | null; score: number }[] {
  const get = (result as { Get?: Record<string, unknown[]> } | undefined)?.Get;
  const list = (get ? Object.values(get)[0] : result) ?? [];
  return (list as { text: string | null; _additional: { rerank: { score: number }[] } }[]).map(
    ({ text, _additional }) => ({ text, score: _additional.rerank[0]?.score ?? 0 }),
  );
}
