import type { SearchParams } from "pagevec";
import type { Context } from "../../context.js";
import type { Card } from "../../scopes.js";

/** A passage that the model is given, with the number by which it is cited. */
export interface Source {
  number: number;
  id: string;
  card: Card;
  /** What the model reads. */
  text: string;
}

/** The best passages of the chosen collection: by meaning too, where the model is there. */
export async function findSources(
  { shelf, model }: Pick<Context, "shelf" | "model">,
  question: string,
  limit: number,
  signal: AbortSignal,
): Promise<Source[]> {
  const { collection, card } = shelf.current;
  const asked: SearchParams = { text: question, mode: "keyword", limit };
  if (model.ready && collection.embeddingFunction) {
    const { vector } = await model.embed(question, { signal });
    Object.assign(asked, { mode: "hybrid", embedding: vector } satisfies SearchParams);
  }
  const { rows } = await collection.search(asked, { signal });
  return rows.map((row, i) => ({
    number: i + 1,
    id: row.id,
    card: card(row),
    text: row.passage?.text ?? row.document ?? "",
  }));
}
