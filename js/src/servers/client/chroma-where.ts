import type { Where } from "../../types.js";

type Condition = Record<string, unknown>;

/**
 * A condition in the server's form. Of lists that mix whole numbers and others the server takes only
 * such of one type, so there are two in their place.
 */
export function toChromaWhere(json: string): Where {
  return rewritten(JSON.parse(json)) as Where;
}

function rewritten(condition: unknown): unknown {
  if (!isObject(condition)) return condition;
  const entries = Object.entries(condition);
  const [key, value] = entries[0] ?? [];
  // What is no condition is for the server to refuse.
  if (entries.length !== 1 || key === undefined) return condition;
  if (key === "$and" || key === "$or") {
    return { [key]: Array.isArray(value) ? value.map(rewritten) : value };
  }
  return isObject(value) ? inOneType(key, value) : condition;
}

function inOneType(key: string, condition: Condition): Condition {
  const [[operator, list] = [], ...others] = Object.entries(condition);
  const join = operator === "$in" ? "$or" : operator === "$nin" ? "$and" : undefined;
  const numbers = Array.isArray(list) && list.every((item) => typeof item === "number");
  if (!join || operator === undefined || !numbers || others.length > 0) return { [key]: condition };
  const whole = list.filter(Number.isInteger);
  const broken = list.filter((item) => !Number.isInteger(item));
  if (whole.length === 0 || broken.length === 0) return { [key]: condition };
  return { [join]: [whole, broken].map((items) => ({ [key]: { [operator]: items } })) };
}

function isObject(value: unknown): value is Condition {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
