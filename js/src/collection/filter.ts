import type { RecordFilter } from "../database/methods.js";
import { PagevecError } from "../errors.js";
import type { FilterParams } from "../types.js";
import { checkIds, checkUnique, invalid, reading, shown, wellFormed } from "./validate.js";

/** Browsers crash on patterns that nest some ten thousand levels deep. */
const MAX_PATTERN = 10_000;

/**
 * The filter of a call, copied. Here is checked what JSON cannot carry, and patterns; what a
 * condition may be is for the core to say.
 * @throws invalid_argument, duplicate_id
 */
export function toRecordFilter(params: FilterParams): RecordFilter {
  return reading("the filter", () => ({
    ids: copyIds(params.ids),
    where: toJson(params.where, "where"),
    whereDocument: toJson(params.whereDocument, "whereDocument"),
  }));
}

/** null counts as absent, as in chromadb. */
function copyIds(ids: unknown): string[] | null {
  if (ids === undefined || ids === null) return null;
  const copy = checkIds(ids, true);
  checkUnique(copy);
  return copy;
}

function toJson(condition: unknown, name: string): string | null {
  if (condition === undefined || condition === null) return null;
  if (typeof condition !== "object") {
    throw invalid(`${name} must be an object, got ${shown(condition)}`);
  }
  try {
    return JSON.stringify(condition, (key, value) => checkValue(key, value, name));
  } catch (cause) {
    if (cause instanceof PagevecError) throw cause;
    throw invalid(`${name} cannot be written as JSON: ${(cause as Error)?.message ?? cause}`);
  }
}

function checkValue(key: string, value: unknown, name: string): unknown {
  if (typeof value === "string") {
    const text = wellFormed(value);
    if (name !== "where" && (key === "$regex" || key === "$not_regex")) checkPattern(key, text);
    return text;
  }
  if (Number.isFinite(value) || typeof value === "boolean" || typeof value === "object") {
    return value;
  }
  throw invalid(`${name} has ${String(value)} at ${shown(key)}, which is no JSON; leave it out`);
}

function checkPattern(key: string, pattern: string): void {
  if (pattern.length > MAX_PATTERN) {
    throw new PagevecError(
      "limit_exceeded",
      `whereDocument has ${key} of ${pattern.length} characters, the limit is ${MAX_PATTERN}`,
    );
  }
  try {
    new RegExp(pattern, "u");
  } catch (cause) {
    const { message } = cause as Error;
    throw invalid(`whereDocument has ${key} with ${shown(pattern)}: ${message}; mend the pattern`);
  }
}
