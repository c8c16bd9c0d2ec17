import type { RecordFilter } from "../../database/methods.js";
import {
  type Condition,
  documentMatcher,
  parseCondition,
  type Scalar,
  usesRegex,
} from "../client/conditions.js";
import { exactText, isKept } from "./exact.js";
import { DOCUMENT, pathOf } from "./payload.js";
import { pointIds } from "./points.js";
import type { QdrantCondition, QdrantFilter, TextMatch } from "./wire.js";

/** A filter in Qdrant's terms, and what of it is left to look at here. */
export interface SplitFilter {
  /** The points that may meet it: all that meet it when `meets` is null. */
  filter: QdrantFilter;
  /** Whether a record with that document meets it: Qdrant has no regular expressions. */
  meets: ((document: string | null) => boolean) | null;
  /** No point meets it. */
  empty: boolean;
}

/**
 * @param byText how this server is asked for a text as it is
 * @throws invalid_argument, limit_exceeded
 */
export async function splitFilter(given: RecordFilter, byText: TextMatch): Promise<SplitFilter> {
  const must: QdrantCondition[] = [];
  if (given.where !== null) must.push(toQdrant(parseCondition(given.where, "where"), byText));
  const document =
    given.whereDocument === null ? null : parseCondition(given.whereDocument, "whereDocument");
  const byRegex = document !== null && usesRegex(document);
  if (document && !byRegex) must.push(toQdrant(document, byText));
  if (given.ids) must.push({ has_id: pointIds(given.ids) });
  return {
    filter: must.length === 0 ? {} : { must },
    meets: byRegex ? documentMatcher(document) : null,
    empty: given.ids?.length === 0,
  };
}

/** A condition without regular expressions. */
function toQdrant(condition: Condition, byText: TextMatch): QdrantCondition {
  switch (condition.kind) {
    case "all":
      return { must: condition.parts.map((part) => toQdrant(part, byText)) };
    case "any":
      return { should: condition.parts.map((part) => toQdrant(part, byText)) };
    case "range": {
      const { key, operator, bound } = condition;
      return { key: pathOf("metadata", key), range: { [operator]: bound } };
    }
    case "oneOf": {
      const { key, values, negated } = condition;
      return unless(negated, oneOf(false, key, values));
    }
    case "holds": {
      const { key, value, negated } = condition;
      return unless(negated, oneOf(true, key, [value]));
    }
    case "contains":
      return unless(condition.negated, containing(condition.text, byText));
    case "regex":
      throw new TypeError(condition.kind);
  }
}

/** A record without the key meets what is negated: for it must_not holds. */
function unless(negated: boolean, condition: QdrantCondition): QdrantCondition {
  return negated ? { must_not: [condition] } : condition;
}

/** Every document contains the empty text, of which Qdrant's versions say this and that. */
function containing(text: string, byText: TextMatch): QdrantCondition {
  if (text === "") return { must_not: [{ is_empty: { key: DOCUMENT } }] };
  return { key: DOCUMENT, match: { [byText]: text } as Record<TextMatch, string> };
}

/** Values of one type. Numbers are ranges: a match of Qdrant's compares whole numbers alone. */
function oneOf(inLists: boolean, name: string, values: Scalar[]): QdrantCondition {
  const key = pathOf(inLists ? "lists" : "metadata", name);
  const conditions: QdrantCondition[] = [];
  const texts = values.filter((value) => typeof value === "string");
  if (texts.length > 0) conditions.push({ key, match: { any: texts } });
  const exact = values.flatMap((value) => exactText(value) ?? []);
  if (exact.length > 0) {
    conditions.push({ key: pathOf(inLists ? "exactLists" : "exact", name), match: { any: exact } });
  }
  for (const value of values) {
    if (typeof value === "boolean") conditions.push({ key, match: { value } });
    if (typeof value === "number" && isKept(value)) {
      conditions.push({ key, range: { gte: value, lte: value } });
    }
  }
  return conditions.length === 1 ? (conditions[0] as QdrantCondition) : { should: conditions };
}
