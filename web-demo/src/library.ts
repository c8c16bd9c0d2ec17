import { Client, type Collection } from "pagevec";
import type { Model } from "./model.js";

/** What is kept beside an entry of the dictionary. */
export type WordMetadata = { part: string; words: string[] };
/** What is kept beside a passage of the visitor's text. */
export type PassageMetadata = { place: number };

/** What the page itself keeps: two collections that share one model. */
export interface Library {
  client: Client;
  dictionary: Collection<WordMetadata>;
  ownText: Collection<PassageMetadata>;
}

export async function openLibrary(embeddingFunction: Model): Promise<Library> {
  const client = await Client.open({ name: "reverse-dictionary" });
  const [dictionary, ownText] = await Promise.all([
    client.getOrCreateCollection<WordMetadata>({ name: "dictionary", embeddingFunction }),
    client.getOrCreateCollection<PassageMetadata>({ name: "my-text", embeddingFunction }),
  ]);
  return { client, dictionary, ownText };
}
