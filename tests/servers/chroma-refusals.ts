import type { Operation } from "./chroma-operations.js";

/**
 * Calls that Chroma refuses. What is deliberately taken here is not among them, see docs/chroma.md.
 * @param good a write that is in order
 * @param vector of the collection's dimension
 * @param one chooses from a list
 */
export function refusals(
  good: Operation,
  vector: number[],
  one: <T>(list: readonly T[]) => T,
): Operation[] {
  const longer = [...vector, 1];
  const where = one<unknown>(WRONG_WHERE);
  const whereDocument = one<unknown>(WRONG_WHERE_DOCUMENT);
  const metadatas = [one<unknown>(WRONG_METADATA)];
  const query = { queryEmbeddings: [vector] };
  const writes = [
    { ...good.args, ids: [] },
    { ...good.args, ids: [...good.args.ids, "one-more"] },
    { ids: ["twice", "twice"], embeddings: [vector, vector] },
    { ids: ["one"], metadatas: [{ n: 1 }] },
    { ids: [""], embeddings: [vector] },
    { ids: [7], embeddings: [vector] },
    { ids: ["one"], embeddings: [longer] },
    { ids: ["one", "two"], embeddings: [vector, longer] },
    { ids: ["one"], embeddings: [[]] },
    { ids: ["one"], embeddings: [vector.map(() => Number.NaN)] },
    { ids: ["one"], embeddings: [vector.map(() => 1e39)] },
    { ids: ["one"], embeddings: [vector], metadatas },
  ];
  // As JSON it is null, which an update or upsert takes.
  const notFinite = { ids: ["one"], embeddings: [vector], metadatas: [{ a: Number.NaN }] };
  const others: [Operation["op"], unknown[]][] = [
    ["add", [notFinite]],
    ["update", [{ ids: ["id1"], metadatas }, { ids: ["id1", "id1"] }]],
    ["get", [{ where }, { whereDocument }, { include: ["distances"] }, { include: ["bogus"] }]],
    ["get", [{ limit: -1 }, { offset: -1 }, { limit: 1.5 }, { ids: [7] }, { ids: ["a", "a"] }]],
    ["peek", [{ limit: -1 }]],
    [
      "query",
      [
        { ...query, where },
        { ...query, whereDocument },
        { ...query, include: ["bogus"] },
      ],
    ],
    ["query", [-1, 1.5, "2"].map((nResults) => ({ ...query, nResults }))],
    ["query", [[longer], [vector, longer], [], [[]]].map((list) => ({ queryEmbeddings: list }))],
    ["query", [{}, { queryTexts: [] }]],
    ["delete", [{ limit: 1 }, { where }, { where: { n: 1 }, limit: -1 }, { ids: ["a", "a"] }]],
    ["modify", [{ metadata: {} }, { metadata: { "#a": 1 } }, { metadata: { a: null } }]],
    ["modify", WRONG_SETTINGS.map((hnsw) => ({ configuration: { hnsw } }))],
  ];
  return [
    ...writes.map((args) => ({ op: good.op, args })),
    ...others.flatMap(([op, list]) => list.map((args) => ({ op, args }))),
  ];
}

const WRONG_SETTINGS = [{ space: "ip" }, { ef_construction: 5 }, { ef_search: -1 }];
const WRONG_METADATA = [{}, { a: { b: 1 } }, { a: [] }, { a: [1, "x"] }, { "#a": 1 }, { $a: 1 }];
const WRONG_WHERE = [
  {},
  5,
  "n",
  { n: 1, s: "x" },
  { n: {} },
  { n: { $gt: 1, $lt: 3 } },
  { n: { $foo: 1 } },
  { s: { $gt: "a" } },
  { s: { $in: [] } },
  { n: { $in: [1, "a"] } },
  { n: { $in: 1 } },
  { $and: [{ n: 1 }] },
  { $or: [] },
  { $and: { n: 1 } },
  { $nor: [{ n: 1 }, { n: 2 }] },
  { n: null },
  { n: [1, 2] },
  { tags: { $contains: ["x"] } },
  { n: { $eq: [1] } },
  { n: { $gt: Number.NaN } },
  { $and: [{ n: 1 }, {}] },
];
const WRONG_WHERE_DOCUMENT = [
  {},
  "tea",
  { $contains: "a", $regex: "b" },
  { $bad: "x" },
  { $and: [{ $contains: "a" }] },
  { $or: { $contains: "a" } },
  { $contains: 1 },
  { $regex: "(" },
  { $and: [{ $contains: "a" }, {}] },
];
