import { type Condition, parseCondition } from "../client/conditions.js";
import { likeText } from "./exact-text.js";
import { numberProperty, objectId } from "./names.js";
import { RECORD, termOf } from "./objects.js";
import { quoted } from "./wire.js";

// Filters as GraphQL's argument `where`. Weaviate 1.33 and later have Not, which records without the
// property meet, as docs/filters.md has it.

const RANGES = {
  gt: "GreaterThan",
  gte: "GreaterThanEqual",
  lt: "LessThan",
  lte: "LessThanEqual",
} as const;
/** No term is like that. */
const NOTHING = `{path:["terms"],operator:Equal,valueText:"none"}`;
const RECORDS = `{path:["terms"],operator:Equal,valueText:"${RECORD}"}`;

/** The records of those ids. */
export function byIds(ids: readonly string[]): string {
  return ids.length === 0 ? NOTHING : containsAny("id", ids.map(objectId));
}

/** Records from a place on. */
export function fromPlace(place: number): string {
  return `{path:["place"],operator:GreaterThanEqual,valueNumber:${place}}`;
}

/** Where all hold; null for no condition. */
export function all(parts: readonly (string | null)[]): string | null {
  const given = parts.filter((part) => part !== null);
  return given.length > 1 ? joined("And", given) : (given[0] ?? null);
}

/** The argument, with what separates it from the next one. */
export const whereArgument = (where: string | null): string => (where ? `where:${where},` : "");

/**
 * @param properties those of the class: a key without numbers has none
 * @throws invalid_argument, limit_exceeded
 */
export function metadataFilter(json: string, properties: ReadonlySet<string>): string {
  return toWhere(parseCondition(json, "where"), properties);
}

/** @param condition of a document, without patterns */
export function toWhere(condition: Condition, properties: ReadonlySet<string>): string {
  switch (condition.kind) {
    case "all":
    case "any": {
      const parts = condition.parts.map((part) => toWhere(part, properties));
      return joined(condition.kind === "all" ? "And" : "Or", parts);
    }
    case "range":
      return range(condition.operator, condition.bound, numberProperty(condition.key), properties);
    case "oneOf": {
      const { key, values, negated } = condition;
      return unless(
        negated,
        containsAny(
          "terms",
          values.map((value) => termOf(key, value, false)),
        ),
      );
    }
    case "holds": {
      const { key, value, negated } = condition;
      return unless(negated, containsAny("terms", [termOf(key, value, true)]));
    }
    case "contains": {
      const like = `{path:["exact"],operator:Like,valueText:${quoted(likeText(condition.text))}}`;
      return unless(condition.negated, like);
    }
    case "regex":
      throw new TypeError("Weaviate has no regular expressions");
  }
}

function range(
  operator: keyof typeof RANGES,
  bound: number,
  property: string,
  properties: ReadonlySet<string>,
): string {
  if (!properties.has(property)) return NOTHING;
  return `{path:["${property}"],operator:${RANGES[operator]},valueNumber:${bound}}`;
}

function containsAny(path: string, values: readonly string[]): string {
  return `{path:["${path}"],operator:ContainsAny,valueText:[${values.map(quoted).join()}]}`;
}

/**
 * What Not leaves of all objects may name one twice that was deleted and added again: by its number of
 * then, and by that of now. Only the latter is in an index.
 */
function unless(negated: boolean, where: string): string {
  return negated ? joined("And", [RECORDS, joined("Not", [where])]) : where;
}

function joined(operator: "And" | "Or" | "Not", operands: readonly string[]): string {
  return `{operator:${operator},operands:[${operands.join()}]}`;
}
