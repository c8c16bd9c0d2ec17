import { Client, type Collection, miniLM, type Progress } from "pagevec";
import { TimedModel } from "./timed-model.js";

/** What is kept beside an entry of the dictionary. */
export type WordMetadata = { part: string; words: string[] };
/** What is kept beside a passage of the visitor's text. */
export type PassageMetadata = { place: number };

export const MODEL_NAME = "all-MiniLM-L6-v2";

/** Everything the page keeps: two collections that share one model. */
export interface Library {
  client: Client;
  model: TimedModel;
  dictionary: Collection<WordMetadata>;
  ownText: Collection<PassageMetadata>;
}

/** The model of this page; nothing is loaded before it is used. */
export function makeModel(): TimedModel {
  const modelUrl = new URL(`models/${MODEL_NAME}/`, document.baseURI).href;
  return new TimedModel(miniLM({ modelUrl }));
}

export async function openLibrary(embeddingFunction: TimedModel): Promise<Library> {
  const client = await Client.open({ name: "reverse-dictionary" });
  return {
    client,
    model: embeddingFunction,
    dictionary: await client.getOrCreateCollection<WordMetadata>({
      name: "dictionary",
      embeddingFunction,
    }),
    ownText: await client.getOrCreateCollection<PassageMetadata>({
      name: "my-text",
      embeddingFunction,
    }),
  };
}

/** Whether a report of progress is about the download of the model. */
export function isDownload(progress: Progress): boolean {
  return progress.stage === "download";
}
