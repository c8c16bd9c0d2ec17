// Loaded with the first search.
import { type CollectionHandle, settingNumbers } from "../engine/module.js";
import { unwrap } from "../engine/outcome.js";
import { packStrings, unpackStrings } from "../engine/packed-strings.js";
import type { CallContext } from "../engine/protocol.js";
import { filterArguments, unpackRecords, wantBits } from "./columns.js";
import { assertModel, type LoadedCollection } from "./load.js";
import type { DatabaseMethods, SearchHits, SearchParamsFlat } from "./methods.js";
import type { CollectionSession } from "./session.js";

type Params<Name extends keyof DatabaseMethods> = DatabaseMethods[Name]["params"];

export async function search(
  session: CollectionSession,
  { query, text, settings, wanted, model, ...filter }: SearchParamsFlat,
  context: CallContext,
): Promise<SearchHits> {
  if (text !== null) await session.buildKeywords(context);
  const read = (handle: CollectionHandle, loaded: LoadedCollection): SearchHits => {
    assertModel(loaded, query.length > 0 ? model : undefined);
    const numbers = settingNumbers(settings);
    const columns = unwrap(
      handle.search(query, text, numbers, ...filterArguments(filter), wantBits(wanted)),
    );
    return {
      ...columns,
      records: unpackRecords(columns.records, handle.dimension()),
      terms: unpackStrings(columns.terms) as string[],
    };
  };
  return session.readRecords(wanted, context, read, ({ records }) => records);
}

export async function wordsToStem(
  session: CollectionSession,
  { text, stemmer }: Params<"db.collection.wordsToStem">,
  context: CallContext,
): Promise<string[]> {
  await session.buildKeywords(context);
  return session.read(context, (handle) => {
    const restart = session.stemmer !== stemmer;
    session.stemmer = stemmer;
    return unpackStrings(handle.wordsToStem(text, restart)) as string[];
  });
}

export function addStems(
  session: CollectionSession,
  { words, stems, stemmer }: Params<"db.collection.addStems">,
  context: CallContext,
): Promise<null> {
  return session.read(context, (handle) => {
    // Unequal: another search with another stemmer came between.
    if (session.stemmer === stemmer) handle.addStems(packStrings(words), packStrings(stems));
    return null;
  });
}

export function diversify(
  session: CollectionSession,
  { ids, relevance, lambda, limit }: Params<"db.collection.diversify">,
  context: CallContext,
): Promise<Uint32Array> {
  return session.read(context, (handle) =>
    handle.diversify(packStrings(ids), relevance, lambda, limit),
  );
}
