import type { PackedStrings, RegexMatcher } from "../../../js/src/engine/module.js";
import { unpackStrings } from "../../../js/src/engine/packed-strings.js";

// Chroma's filters in the plainest JavaScript: the slow twin of src/fields.

type Json = Record<string, unknown>;
export interface Filterable {
  document: string | null;
  metadata: Record<string, unknown> | null;
}

const SCALARS = ["string", "number", "boolean"];
const isScalar = (value: unknown): boolean => SCALARS.includes(typeof value);
const isList = (value: unknown): boolean =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.every((item) => isScalar(item) && typeof item === typeof value[0]);
const isNumber = (value: unknown): boolean => typeof value === "number";
const includes = (list: unknown, item: unknown): boolean =>
  Array.isArray(list) && list.includes(item);

interface Operator {
  takes(operand: unknown): boolean;
  // biome-ignore lint/suspicious/noExplicitAny: a metadata value, and an operand that was checked
  holds(value: any, operand: any): boolean;
}
const OPERATORS: Record<string, Operator> = {
  $eq: { takes: isScalar, holds: (value, operand) => value === operand },
  $ne: { takes: isScalar, holds: (value, operand) => value !== operand },
  $gt: { takes: isNumber, holds: (value, operand) => isNumber(value) && value > operand },
  $gte: { takes: isNumber, holds: (value, operand) => isNumber(value) && value >= operand },
  $lt: { takes: isNumber, holds: (value, operand) => isNumber(value) && value < operand },
  $lte: { takes: isNumber, holds: (value, operand) => isNumber(value) && value <= operand },
  $in: { takes: isList, holds: (value, operand) => operand.includes(value) },
  $nin: { takes: isList, holds: (value, operand) => !operand.includes(value) },
  $contains: { takes: isScalar, holds: includes },
  $not_contains: { takes: isScalar, holds: (value, operand) => !includes(value, operand) },
};

const DOCUMENT_OPERATORS: Record<string, (document: string, text: string) => boolean> = {
  $contains: (document, text) => document.includes(text),
  $regex: (document, pattern) => new RegExp(pattern, "u").test(document),
};

/** Whether a record meets the condition; throws for what is no condition. */
export function meetsWhere(record: Filterable, where: Json): boolean {
  const [key, condition] = onlyEntry(where);
  if (key === "$and" || key === "$or") {
    return join(key, condition, (part) => meetsWhere(record, part));
  }
  if (key.startsWith("$")) throw new Error(`where has ${key}`);
  const { metadata } = record;
  const value = metadata && Object.hasOwn(metadata, key) ? metadata[key] : undefined;
  const [name, operand] = isScalar(condition)
    ? (["$eq", condition] as const)
    : onlyEntry(condition);
  const operator = OPERATORS[name];
  if (!operator?.takes(operand)) throw new Error(`where has ${name} with ${operand}`);
  return operator.holds(value, operand);
}

/** Whether a record meets the condition; throws for what is no condition. */
export function meetsWhereDocument(record: Filterable, where: Json): boolean {
  const [name, operand] = onlyEntry(where);
  if (name === "$and" || name === "$or") {
    return join(name, operand, (part) => meetsWhereDocument(record, part));
  }
  const positive = name.replace("$not_", "$");
  const matches = DOCUMENT_OPERATORS[positive];
  if (!matches || typeof operand !== "string") throw new Error(`whereDocument has ${name}`);
  const { document } = record;
  return (document !== null && matches(document, operand)) === (positive === name);
}

function join(name: string, parts: unknown, meets: (part: Json) => boolean): boolean {
  if (!Array.isArray(parts) || parts.length < 2) throw new Error(`${name} needs two parts`);
  // Every part is looked at, so that every part is checked.
  const answers = parts.map(meets);
  return name === "$and" ? answers.every(Boolean) : answers.some(Boolean);
}

function onlyEntry(value: unknown): [string, unknown] {
  const entries = typeof value === "object" && value ? Object.entries(value) : [];
  if (Array.isArray(value) || entries.length !== 1) throw new Error("not one key");
  return entries[0] as [string, unknown];
}

/** Which records the filter of a core's call lets through. Throws for what is no filter. */
export function predicateOf(
  ids: PackedStrings | null,
  where: string | null,
  whereDocument: string | null,
  _regex: RegexMatcher | null,
): (id: string, record: Filterable) => boolean {
  const asked = ids && new Set(unpackStrings(ids));
  const condition = where && JSON.parse(where);
  const onDocument = whereDocument && JSON.parse(whereDocument);
  const nobody: Filterable = { document: null, metadata: null };
  if (condition) meetsWhere(nobody, condition);
  if (onDocument) meetsWhereDocument(nobody, onDocument);
  return (id, record) =>
    (!asked || asked.has(id)) &&
    (!condition || meetsWhere(record, condition)) &&
    (!onDocument || meetsWhereDocument(record, onDocument));
}
