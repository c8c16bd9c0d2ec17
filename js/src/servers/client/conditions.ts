import { PagevecError } from "../../errors.js";

export type Scalar = string | number | boolean;

/** What `where` and `whereDocument` are made of, as in src/fields/condition.h. */
export type Condition =
  | { kind: "all" | "any"; parts: Condition[] }
  /** The value is one of these: $eq, $in; negated $ne, $nin. */
  | { kind: "oneOf"; key: string; negated: boolean; values: Scalar[] }
  /** The value is a number beyond the bound. */
  | { kind: "range"; key: string; operator: "gt" | "gte" | "lt" | "lte"; bound: number }
  /** The value is a list with the item: $contains; negated $not_contains. */
  | { kind: "holds"; key: string; negated: boolean; value: Scalar }
  /** Of the document: $contains, $regex; negated $not_contains, $not_regex. */
  | { kind: "contains" | "regex"; negated: boolean; text: string };

type FilterName = "where" | "whereDocument";
type Operand = "scalar" | "number" | "list" | "text";

interface Operator {
  kind: Exclude<Condition["kind"], "all" | "any">;
  negated: boolean;
  operand: Operand;
}

const operator = (kind: Operator["kind"], operand: Operand, negated = false): Operator => {
  return { kind, negated, operand };
};
const OPERATORS: Record<FilterName, Record<string, Operator>> = {
  where: {
    $eq: operator("oneOf", "scalar"),
    $ne: operator("oneOf", "scalar", true),
    $gt: operator("range", "number"),
    $gte: operator("range", "number"),
    $lt: operator("range", "number"),
    $lte: operator("range", "number"),
    $in: operator("oneOf", "list"),
    $nin: operator("oneOf", "list", true),
    $contains: operator("holds", "scalar"),
    $not_contains: operator("holds", "scalar", true),
  },
  whereDocument: {
    $contains: operator("contains", "text"),
    $not_contains: operator("contains", "text", true),
    $regex: operator("regex", "text"),
    $not_regex: operator("regex", "text", true),
  },
};
const WANTED: Record<Operand, string> = {
  scalar: "a string, a number or a boolean",
  number: "a number",
  list: "a list of strings, of numbers or of booleans",
  text: "a string",
};
const EXAMPLE = { where: '{"year": 2024}', whereDocument: '{"$contains": "text"}' };
/** kMaxNesting in src/fields/json.cpp. */
const MAX_NESTING = 64;

/**
 * Reads a filter by the core's rules (docs/filters.md), for servers that have others.
 * @param json what toRecordFilter() of the collection made
 * @throws invalid_argument, naming key, operator and operand; limit_exceeded for JSON nested deeper
 *   than 64 levels
 */
export function parseCondition(json: string, name: FilterName): Condition {
  const value: unknown = JSON.parse(json);
  if (isDeeper(value, MAX_NESTING)) {
    throw new PagevecError(
      "limit_exceeded",
      `${name} is nested deeper than ${MAX_NESTING} levels; flatten it`,
    );
  }
  return condition(value, name);
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((part) => isDeeper(part, levels - 1));
}

function condition(value: unknown, name: FilterName): Condition {
  const entries = isObject(value) ? Object.entries(value) : [];
  const [first, second] = entries;
  if (!first) {
    const got = isObject(value) ? "an empty object" : typeName(value);
    throw refused(
      name,
      ` holds ${got} where a condition stands; give an object such as ${EXAMPLE[name]}`,
    );
  }
  if (second) {
    const both = `${quoted(first[0])} and ${quoted(second[0])}`;
    throw refused(
      name,
      ` holds an object with both ${both}; give each an object of its own and join them with $and`,
    );
  }
  const [key, under] = first;
  if (key === "$and" || key === "$or") return join(key, under, name);
  if (name === "whereDocument") return operation(key, under, name, "");
  const at = ` key ${quoted(key)}`;
  if (key.startsWith("$")) {
    throw refused(name, `${at} is no operator here; use $and, $or or a metadata key`);
  }
  if (key === "#document") throw refused(name, `${at} is no metadata; use whereDocument`);
  return field(key, under, at);
}

function join(key: "$and" | "$or", parts: unknown, name: FilterName): Condition {
  if (!Array.isArray(parts) || parts.length < 2) {
    const got = Array.isArray(parts) ? "a shorter list" : typeName(parts);
    throw refused(name, ` has ${key} with ${got}; give a list of two or more conditions`);
  }
  return {
    kind: key === "$and" ? "all" : "any",
    parts: parts.map((part) => condition(part, name)),
  };
}

/** What stands under a metadata key. */
function field(key: string, value: unknown, at: string): Condition {
  if (isScalar(value)) return compare("$eq", value, "where", key, at);
  if (!isObject(value)) {
    const wanted = 'a string, a number, a boolean or an operator such as {"$in": [...]}';
    throw refused("where", `${at} has ${typeName(value)}; give ${wanted}`);
  }
  const entries = Object.entries(value);
  const [first] = entries;
  if (!first || entries.length > 1) {
    const got = `${entries.length} operators`;
    throw refused("where", `${at} has ${got}; give one, and join conditions with $and`);
  }
  return operation(first[0], first[1], "where", at, key);
}

function operation(
  operator: string,
  operand: unknown,
  name: FilterName,
  at: string,
  key = "",
): Condition {
  if (Object.hasOwn(OPERATORS[name], operator)) return compare(operator, operand, name, key, at);
  const names = Object.keys(OPERATORS[name]).concat(name === "where" ? [] : ["$and", "$or"]);
  throw refused(name, `${at} has the operator ${quoted(operator)}; use one of ${names.join(", ")}`);
}

function compare(
  operator: string,
  operand: unknown,
  name: FilterName,
  key: string,
  at: string,
): Condition {
  const { kind, negated, operand: wanted } = OPERATORS[name][operator] as Operator;
  const problem = problemOf(operand, wanted);
  if (problem) {
    throw refused(name, `${at} has ${operator} with ${problem}; give ${WANTED[wanted]}`);
  }
  switch (kind) {
    case "oneOf":
      return { kind, key, negated, values: (wanted === "list" ? operand : [operand]) as Scalar[] };
    case "range":
      return { kind, key, operator: operator.slice(1) as "gt", bound: operand as number };
    case "holds":
      return { kind, key, negated, value: operand as Scalar };
    default:
      return { kind, negated, text: operand as string };
  }
}

/** What is wrong with an operand, or "". */
function problemOf(value: unknown, wanted: Operand): string {
  const fits = {
    scalar: isScalar(value),
    number: typeof value === "number",
    list: Array.isArray(value),
    text: typeof value === "string",
  };
  if (!fits[wanted]) return typeName(value);
  if (!Array.isArray(value)) return "";
  if (value.length === 0) return "an empty list";
  if (!value.every(isScalar)) return "a list in which something is none of these";
  return value.every((item) => typeof item === typeof value[0]) ? "" : "a list of mixed types";
}

function isScalar(value: unknown): value is Scalar {
  return ["string", "number", "boolean"].includes(typeof value);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function typeName(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

function quoted(text: string): string {
  return `"${text.length > 60 ? `${text.slice(0, 60)}...` : text}"`;
}

function refused(name: FilterName, problem: string): PagevecError {
  return new PagevecError("invalid_argument", name + problem);
}

/**
 * Whether a record with this document (null: none) meets a whereDocument. Without a document it meets
 * the negated conditions alone. One function a filter: patterns are compiled once.
 */
export function documentMatcher(root: Condition): (document: string | null) => boolean {
  if (root.kind === "all" || root.kind === "any") {
    const parts = root.parts.map(documentMatcher);
    return root.kind === "all"
      ? (document) => parts.every((meets) => meets(document))
      : (document) => parts.some((meets) => meets(document));
  }
  if (root.kind !== "contains" && root.kind !== "regex") throw new TypeError(root.kind);
  const { kind, text, negated } = root;
  const pattern = kind === "regex" ? new RegExp(text, "u") : null;
  return (document) => {
    if (document === null) return negated;
    return (pattern ? pattern.test(document) : document.includes(text)) !== negated;
  };
}

export function usesRegex(root: Condition): boolean {
  if (root.kind === "all" || root.kind === "any") return root.parts.some(usesRegex);
  return root.kind === "regex";
}
