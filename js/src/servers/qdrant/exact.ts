import type { Scalar } from "../client/conditions.js";

// Qdrant reads JSON's numbers by serde_json, which rounds the last bit of some wrongly: it takes the digits
// as a whole number, which has to fit a double, times or by one power of ten, which has to be exact.
// https://github.com/serde-rs/json/blob/v1.0.145/src/de.rs (f64_from_parts)

const LARGEST_POWER = 22;
const WHOLE_LIMIT = 2 ** 63;

/** Whether Qdrant gives a number back as it was. */
export function isKept(value: number): boolean {
  if (Number.isInteger(value) && Math.abs(value) < WHOLE_LIMIT) return true;
  const [digits = "", power = "0"] = Math.abs(value).toExponential().replace(".", "").split("e");
  const exponent = Number(power) - (digits.length - 1);
  return Number(digits) <= Number.MAX_SAFE_INTEGER && Math.abs(exponent) <= LARGEST_POWER;
}

/** A value as text, a list as texts, if Qdrant would change it; else undefined. */
export function exactText(value: unknown): string | string[] | undefined {
  const items: unknown[] = Array.isArray(value) ? value : [value];
  if (items.every((item) => typeof item !== "number" || isKept(item))) return undefined;
  return Array.isArray(value) ? items.map(String) : String(value);
}

/** What exactText() was made of. */
export function fromText(text: string | string[]): Scalar | Scalar[] {
  return Array.isArray(text) ? text.map(Number) : Number(text);
}
