import { create, insertMultiple, searchVector } from "@orama/orama";

const DIMENSION = 384;

/** Orama's vector search, an exact scan; its usual threshold would hide almost every answer. */
export async function open() {
  return new Orama();
}

class Orama {
  async build(data) {
    const vectors = await data.chunk(0, data.rows);
    const documents = Array.from({ length: data.rows }, (_, row) => ({
      id: String(row),
      embedding: Array.from(vectors.subarray(row * DIMENSION, (row + 1) * DIMENSION)),
    }));
    const begin = performance.now();
    this.index = create({ schema: { id: "string", embedding: `vector[${DIMENSION}]` } });
    await insertMultiple(this.index, documents);
    return (performance.now() - begin) / 1000;
  }

  async search({ queries }) {
    const rows = [];
    const begin = performance.now();
    for (let at = 0; at < queries.length; at += DIMENSION) {
      const value = Array.from(queries.subarray(at, at + DIMENSION));
      const vector = { value, property: "embedding" };
      const { hits } = await searchVector(this.index, {
        mode: "vector",
        vector,
        similarity: -1,
        limit: 10,
        includeVectors: false,
      });
      rows.push(hits.map(({ id }) => Number(id)));
    }
    return { seconds: (performance.now() - begin) / 1000, rows };
  }
}
