// What the writers of tests/kill/node.mjs write: batch after batch, each known by its number.

export const COLLECTION = { name: "notes", configuration: { index: "hnsw" } };
const RECORDS = 20;
/** Records come again after so many, so that the collection does not grow for ever. */
const IDS = 500;
const DIMENSION = 384;

export function batchOf(batch) {
  const places = Array.from({ length: RECORDS }, (_, i) => (batch * 7 + i) % IDS);
  return {
    ids: places.map(String),
    documents: places.map((place) => `${place} of batch ${batch}`),
    embeddings: places.map((place) => vectorOf(batch, place)),
    metadatas: places.map(() => ({ batch })),
  };
}

function vectorOf(batch, place) {
  return Float32Array.from({ length: DIMENSION }, (_, d) => Math.sin(batch * 31 + place * 7 + d));
}

/** Documents by id after so many batches. */
export function stateAfter(batches) {
  const state = new Map();
  for (let batch = Math.max(1, batches - IDS); batch <= batches; ++batch) {
    const { ids, documents } = batchOf(batch);
    for (const [i, id] of ids.entries()) state.set(id, documents[i]);
  }
  return state;
}

/** What is wrong with a collection that has so many batches, if anything. */
export async function problemIn(collection, batches) {
  const expected = stateAfter(batches);
  const include = ["documents", "metadatas", "embeddings"];
  const { ids, documents, metadatas, embeddings } = await collection.get({ include });
  if (ids.length !== expected.size) return `${ids.length} records, not ${expected.size}`;
  for (const [i, id] of ids.entries()) {
    if (documents[i] !== expected.get(id)) {
      return `record ${id} is "${documents[i]}", not "${expected.get(id)}"`;
    }
    const { batch } = metadatas[i];
    const vector = vectorOf(batch, Number(id));
    if (vector.some((value, d) => value !== embeddings[i][d])) return `the vector of ${id}`;
  }
  return null;
}

/** How many batches it has: the highest number in it; 0 for none. */
export async function batchesIn(collection) {
  const { metadatas } = await collection.get({ include: ["metadatas"] });
  return Math.max(0, ...metadatas.map(({ batch }) => batch));
}
