import type { Collection, Metadata, Row } from "pagevec";
import { plural } from "./format.js";
import type { PassageMetadata, WordMetadata } from "./library.js";
import type { Card } from "./results.js";

/** One of the things that the search box can search. */
export interface Scope {
  collection: Collection<Metadata>;
  label: string;
  placeholder: string;
  examples: string[];
  /** Shown while nothing is in it. */
  emptyNote: string;
  counted(records: number): string;
  card(row: Row): Card;
}

export function dictionaryScope(collection: Collection<WordMetadata>): Scope {
  return {
    collection,
    label: "Describe a thing",
    placeholder: "Describe a thing …",
    examples: [
      "a vehicle with two wheels and pedals",
      "somebody who repairs teeth",
      "instrument for measuring temperature",
      "longing for what somebody else has",
    ],
    emptyNote:
      "The dictionary is empty. Press Start: the language model is downloaded once (23\u00a0MB), and you can search as soon as the first entries are in.",
    counted: (records) => plural(records, "entry", "entries"),
    card: (row) => wordCard(row as Row<WordMetadata>),
  };
}

export function ownTextScope(collection: Collection<PassageMetadata>): Scope {
  return {
    collection,
    label: "Search your text",
    placeholder: "Search your text by meaning …",
    examples: ["what should I do in the morning", "how to keep costs low", "animals"],
    emptyNote: "There is no text yet. Paste something, or use the sample.",
    counted: (records) => plural(records, "passage"),
    card: (row) => passageCard(row as Row<PassageMetadata>),
  };
}

function wordCard(row: Row<WordMetadata>): Card {
  const document = row.document ?? "";
  const gloss = document.slice(document.indexOf(": ") + 2);
  // In WordNet the meaning comes first, then examples of use in quotation marks.
  const quote = gloss.indexOf('; "');
  const [title = "", ...others] = row.metadata?.words ?? [];
  const notes = [];
  if (quote >= 0) notes.push(gloss.slice(quote + 2));
  if (others.length > 0) notes.push(`also: ${others.join(", ")}`);
  return {
    id: row.id,
    title,
    tag: row.metadata?.part ?? "",
    body: quote >= 0 ? gloss.slice(0, quote) : gloss,
    notes,
    distance: row.distance ?? 1,
    similarTo: document,
  };
}

function passageCard(row: Row<PassageMetadata>): Card {
  const text = row.document ?? "";
  return {
    id: row.id,
    title: `Passage ${(row.metadata?.place ?? 0) + 1}`,
    tag: "",
    body: text,
    notes: [],
    distance: row.distance ?? 1,
    similarTo: text,
  };
}
