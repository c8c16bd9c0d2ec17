import { byBytes } from "./camel-case.js";

// Values as Go writes them, which decides what text Weaviate has embedded.

/** Digits before the point from which Go's %v writes an exponent, and zeros behind it. */
const LARGEST_PLAIN = 6;
const SMALLEST_PLAIN = -4;

/** A float64 by Go's %v: 1000000 is "1e+06", 0.00001 is "1e-05". */
export function goNumber(value: number): string {
  const [digits = "", power = "0"] = value.toExponential().split("e");
  const exponent = Number(power);
  if (exponent >= SMALLEST_PLAIN && exponent < LARGEST_PLAIN) {
    return Object.is(value, -0) ? "-0" : String(value);
  }
  const size = String(Math.abs(exponent)).padStart(2, "0");
  return `${digits}e${exponent < 0 ? "-" : "+"}${size}`;
}

/**
 * A JSON value by Go's json.Marshal: keys in the order of their bytes, <, >, & and the two line
 * separators of JavaScript escaped. Keys without a value are left out; a date is RFC 3339.
 */
export function goJson(value: unknown): string {
  return (plainJson(value) ?? "null").replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function plainJson(value: unknown): string | undefined {
  if (value instanceof Date) return JSON.stringify(goDate(value, true));
  if (Array.isArray(value)) return `[${value.map((item) => plainJson(item) ?? "null").join(",")}]`;
  if (Object.is(value, -0)) return "-0";
  if (typeof value === "string") return JSON.stringify(wellFormed(value));
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const fields = Object.keys(value)
    .sort(byBytes)
    .map((key) => [key, plainJson((value as Record<string, unknown>)[key])] as const)
    .filter(([, json]) => json !== undefined);
  return `{${fields.map(([key, json]) => `${JSON.stringify(wellFormed(key))}:${json}`).join(",")}}`;
}

/** Go reads half of a pair as U+FFFD. */
function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, "\uFFFD");
}

/** RFC 3339, with the zone that was given; of the seconds' fraction what `fraction` leaves. */
const RFC_3339 = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/**
 * A date as Go formats it: time.RFC3339, or with `fraction` RFC3339Nano. Undefined for what is no
 * date.
 */
export function goDate(value: Date | string, fraction = false): string | undefined {
  if (value instanceof Date && Number.isNaN(value.getTime())) return undefined;
  const text = typeof value === "string" ? value : value.toISOString();
  const parts = RFC_3339.exec(text);
  if (!parts || Number.isNaN(Date.parse(text))) return undefined;
  const [, day, time, digits = "", zone = "Z"] = parts;
  const rest = fraction ? digits.slice(0, 10).replace(/\.?0+$/, "") : "";
  return `${day}T${time}${rest}${/[+-]00:00/.test(zone) ? "Z" : zone}`;
}
