import type { Collection, Metadata, SearchRow } from "pagevec";
import { plural } from "./format.js";
import type { PassageMetadata, WordMetadata } from "./library.js";

/** A record, ready to be shown. */
export interface Card {
  title: string;
  /** Part of speech, name of a file. */
  tag: string;
  body: string;
  /** Where the body begins in the document, for the places of matches. */
  bodyBegin: number;
  /** Examples of use, other words: smaller. */
  notes: string[];
  /** What "more like this" searches for. */
  similarTo: string;
}

/** A record as a card is made of it. */
export type CardRow = Pick<SearchRow, "id" | "document" | "metadata" | "passage">;

/** One of the collections that can be searched. */
export interface Scope {
  /** Of the collection. */
  name: string;
  /** For people. */
  title: string;
  collection: Collection<Metadata>;
  /** Over the search field; default its title. */
  heading?: string;
  label: string;
  placeholder: string;
  examples: string[];
  /** Shown while nothing is in it. */
  emptyNote: string;
  counted(records: number): string;
  card(row: CardRow): Card;
}

export function dictionaryScope(collection: Collection<WordMetadata>): Scope {
  return {
    name: collection.name,
    title: "Dictionary",
    collection,
    heading: "Reverse dictionary",
    label: "Describe a thing, find its word",
    placeholder: "Describe a thing …",
    examples: [
      "a vehicle with two wheels and pedals",
      "somebody who repairs teeth",
      "instrument for measuring temperature",
      "longing for what somebody else has",
    ],
    emptyNote:
      "The dictionary is empty. Put the ready-made entries in, or press Start and have your own machine embed them.",
    counted: (records) => plural(records, "entry", "entries"),
    card: wordCard,
  };
}

export function ownTextScope(collection: Collection<PassageMetadata>): Scope {
  return {
    name: collection.name,
    title: "My text",
    collection,
    label: "Paste any text, search it by words or by meaning",
    placeholder: "Search your text …",
    examples: ["what should I do in the morning", "how to keep costs low", "animals"],
    emptyNote: "There is no text yet. Paste something, or use the sample.",
    counted: (records) => plural(records, "passage"),
    card: passageCard,
  };
}

function wordCard({ document: text, metadata }: CardRow): Card {
  const document = text ?? "";
  const bodyBegin = document.indexOf(": ") + 2;
  const gloss = document.slice(bodyBegin);
  // In WordNet the meaning comes first, then examples of use in quotation marks.
  const quote = gloss.indexOf('; "');
  const { words = [], part = "" } = (metadata ?? {}) as Partial<WordMetadata>;
  const [title = "", ...others] = words;
  const notes = [];
  if (quote >= 0) notes.push(gloss.slice(quote + 2));
  if (others.length > 0) notes.push(`also: ${others.join(", ")}`);
  return {
    title,
    tag: part,
    body: quote >= 0 ? gloss.slice(0, quote) : gloss,
    bodyBegin,
    notes,
    similarTo: document,
  };
}

function passageCard({ document: text, metadata }: CardRow): Card {
  const body = text ?? "";
  const { place = 0 } = (metadata ?? {}) as Partial<PassageMetadata>;
  return {
    title: `Passage ${place + 1}`,
    tag: "",
    body,
    bodyBegin: 0,
    notes: [],
    similarTo: body,
  };
}
