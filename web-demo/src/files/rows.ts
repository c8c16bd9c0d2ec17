import type { Metadata } from "pagevec";
import type { Section } from "./types.js";

/** Longer texts are for searching, shorter ones for conditions too. */
const LONGEST_VALUE = 200;

/**
 * A row of a table or an object of a list as a record: all of it as text, so that it is found, and
 * its short values as metadata, so that it can be filtered.
 */
export function rowSection(row: Record<string, unknown>, place: number): Section | undefined {
  const lines: string[] = [];
  const metadata: Metadata = { row: place };
  for (const [key, value] of Object.entries(row)) {
    const text = shown(value);
    if (text === "" || key === "") continue;
    lines.push(`${key}: ${text}`);
    const kept = keptValue(value);
    // Reserved by pagevec, or the page's own.
    if (kept !== undefined && !/[#$]/.test(key) && !(key in OWN_KEYS)) metadata[key] = kept;
  }
  return lines.length === 0 ? undefined : { text: lines.join("\n"), metadata };
}

/** What the page itself notes of every record. */
const OWN_KEYS = { row: 0, file: 0, kind: 0, version: 0 };

function shown(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value).trim();
}

function keptValue(value: unknown): Metadata[string] | undefined {
  if (typeof value === "boolean") return value;
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  if (typeof value === "string") return value.length <= LONGEST_VALUE ? value : undefined;
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const type = typeof value[0];
  const alike = value.every((item) => typeof item === type && keptValue(item) !== undefined);
  return alike && type !== "object" ? (value as string[]) : undefined;
}
