import type { Client, Collection, Metadata } from "pagevec";
import type { Context } from "../context.js";
import { plural } from "../format.js";
import type { Model } from "../model.js";
import type { Card, CardRow, Scope } from "../scopes.js";

/** Where the visitor's files go. */
export const FILES = "files";
/** They have panels of their own in the search view. */
const OWN = ["dictionary", "my-text"];
/** all-MiniLM-L6-v2 reads 256 tokens. */
const CHUNKING = { maxTokens: 200, overlap: 30 };

/** What is kept beside a record of a file, besides what the file itself says. */
export interface FileMetadata extends Metadata {
  file: string;
  kind: string;
  /** The hash of the file's bytes. */
  version: string;
}

type Place = Pick<Context, "client" | "model" | "shelf">;

/** The collection of files, made with the first one. */
export async function openFiles({ client, model, shelf }: Place): Promise<Collection<Metadata>> {
  const known = shelf.scopes.find(({ name }) => name === FILES);
  if (known) return known.collection;
  const settings = { name: FILES, embeddingFunction: model, chunking: CHUNKING };
  const collection = await client.getOrCreateCollection(settings);
  shelf.put(scopeOf(collection));
  return collection;
}

/**
 * Puts every other collection that there is onto the shelf, files and what was imported, also in place
 * of one of the same name that is no more.
 * @returns false where one of the page's own was replaced: its panels still have the old one
 */
export async function showOthers({ client, model, shelf }: Place): Promise<boolean> {
  const there = await client.listCollections();
  for (const { name, id } of there) {
    const known = shelf.scopes.find((scope) => scope.name === name)?.collection.id;
    if (known === id || OWN.includes(name)) continue;
    shelf.put(scopeOf(await openOther(client, model, name)));
  }
  const ids = new Set(there.map(({ id }) => id));
  for (const { name, collection } of [...shelf.scopes]) {
    if (!ids.has(collection.id) && !OWN.includes(name)) shelf.remove(name);
  }
  return shelf.scopes.every(({ collection }) => ids.has(collection.id));
}

/** With the page's model, if it was made with it; else it can only be searched by keywords. */
async function openOther(client: Client, model: Model, name: string) {
  try {
    return await client.getCollection({ name, embeddingFunction: model });
  } catch {
    return client.getCollection({ name, embeddingFunction: null });
  }
}

/** How a collection that the page knows nothing of is shown. */
function scopeOf(collection: Collection<Metadata>): Scope {
  const title = collection.name === FILES ? "Files" : collection.name;
  return {
    name: collection.name,
    title,
    collection,
    label: `Search ${title}`,
    placeholder: `Search ${title} …`,
    examples: [],
    emptyNote: "There is nothing in it. Put files in at Files.",
    counted: (records) => plural(records, "record"),
    card: fileCard,
  };
}

function fileCard({ id, document, metadata, passage }: CardRow): Card {
  const text = document ?? "";
  const { file, heading, title, page, row, part } = (metadata ?? {}) as Partial<FileMetadata>;
  const places = [page && `page ${page}`, row && `row ${row}`, part && `part ${part}`];
  const body = passage?.text ?? text;
  return {
    title: String(heading ?? title ?? file ?? id),
    tag: places.find((place) => place) || "",
    body,
    bodyBegin: passage?.begin ?? 0,
    notes: file && (heading ?? title) ? [String(file)] : [],
    similarTo: body,
  };
}
