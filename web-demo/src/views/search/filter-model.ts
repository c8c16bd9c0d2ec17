import type { LiteralValue, Metadata, Where } from "pagevec";

export type ValueType = "string" | "number" | "boolean";

/** A key of the records' metadata, with the type of its values. */
export interface FilterKey {
  key: string;
  type: ValueType;
  /** Its values are lists of that type. */
  list: boolean;
  /** Some that are there, to be chosen from. */
  values: LiteralValue[];
}

/** A row of the builder. */
export interface Condition {
  key: FilterKey;
  operator: string;
  /** As it was typed; of $in and $nin several, between commas. */
  value: string;
}

export type Joiner = "$and" | "$or";

/** For people, by pagevec's names (docs/filters.md), in the order in which they are offered. */
const SINGLE = { $eq: "is", $ne: "is not", $in: "is one of", $nin: "is none of" };
const ORDERED = { $gt: "is above", $gte: "is at least", $lt: "is below", $lte: "is at most" };
const LISTED = { $contains: "has", $not_contains: "has not" };

const MOST_VALUES = 50;

export function operatorsOf({ type, list }: FilterKey): Record<string, string> {
  if (list) return LISTED;
  if (type === "number") return { ...SINGLE, ...ORDERED };
  return type === "boolean" ? { $eq: "is", $ne: "is not" } : SINGLE;
}

/** The keys of these records, each with every type that its values have. */
export function keysOf(metadatas: readonly (Metadata | null | undefined)[]): FilterKey[] {
  const found = new Map<string, FilterKey>();
  for (const metadata of metadatas) {
    for (const [key, value] of Object.entries(metadata ?? {})) note(found, key, value);
  }
  return [...found.values()].sort((a, b) => a.key.localeCompare(b.key));
}

function note(found: Map<string, FilterKey>, key: string, value: Metadata[string]): void {
  const list = Array.isArray(value);
  for (const item of list ? value : [value]) {
    const type = typeof item;
    if (type !== "string" && type !== "number" && type !== "boolean") continue;
    const id = JSON.stringify([key, type, list]);
    const known = found.get(id) ?? { key, type, list, values: [] };
    found.set(id, known);
    const literal = item as LiteralValue;
    if (known.values.length < MOST_VALUES && !known.values.includes(literal)) {
      known.values.push(literal);
    }
  }
}

/** The whole condition; undefined while no row is complete: all records. */
export function whereOf(conditions: readonly Condition[], joiner: Joiner): Where | undefined {
  const parts = conditions.map(partOf).filter((part) => part !== undefined);
  if (parts.length < 2) return parts[0];
  return joiner === "$and" ? { $and: parts } : { $or: parts };
}

function partOf({ key, operator, value }: Condition): Where | undefined {
  const many = operator === "$in" || operator === "$nin";
  const texts = many ? value.split(",") : [value];
  const literals = texts.map((text) => literalOf(text.trim(), key.type));
  const known = literals.filter((literal) => literal !== undefined);
  if (known.length === 0 || known.length < literals.length) return undefined;
  const operand = many ? known : known[0];
  return { [key.key]: operator === "$eq" ? operand : { [operator]: operand } } as Where;
}

/** undefined while what is typed is none of the type. */
function literalOf(text: string, type: ValueType): LiteralValue | undefined {
  if (text === "") return undefined;
  if (type === "string") return text;
  if (type === "boolean") return text === "true" ? true : text === "false" ? false : undefined;
  const number = Number(text);
  return Number.isFinite(number) ? number : undefined;
}

/** The call that finds what the page shows, to be pasted into a program. */
export function codeOf(where: Where | undefined, collection: string): string {
  const condition = where === undefined ? "" : `\n  where: ${indented(where)},`;
  return `const collection = await client.getCollection({ name: ${JSON.stringify(collection)}, embeddingFunction });
const { rows } = await collection.search({
  text,
  mode: "hybrid",${condition}
});`;
}

/** Each condition on a line of its own, as JavaScript is written. */
function indented(where: Where): string {
  const [[joiner, parts] = []] = Object.entries(where);
  if ((joiner !== "$and" && joiner !== "$or") || !Array.isArray(parts)) return literal(where);
  return `{ ${joiner}: [${parts.map((part) => `\n    ${literal(part)},`).join("")}\n  ] }`;
}

function literal(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).map(([key, inner]) => {
    const name = /^[A-Za-z_$][\w$]*$/.test(key) ? key : JSON.stringify(key);
    return `${name}: ${literal(inner)}`;
  });
  return `{ ${fields.join(", ")} }`;
}
