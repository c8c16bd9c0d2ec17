import { badAnswer, fields } from "../../providers/client/failure.js";
import type { Metadata } from "../../types.js";
import { exactText, fromText } from "./exact.js";
import { QDRANT } from "./wire.js";

/**
 * A record in a point's payload. Lists are apart from single values, since Qdrant's conditions hold
 * for a list when they hold for one of its items. Keys are escaped: see escapeKey().
 */
export interface Payload {
  id: string;
  document?: string;
  /** Single values; absent, as lists, when the record has no metadata. */
  metadata?: Record<string, unknown>;
  lists?: Record<string, unknown[]>;
  /** As text what Qdrant would round, see exact.ts: single values, lists. */
  exact?: Record<string, string>;
  exactLists?: Record<string, string[]>;
  /** The place in reads: later records have higher numbers. */
  order: number;
  /** Of the vector as it was given: the space cosine keeps vectors of length 1. */
  norm?: number;
}

export const ORDER = "order";
export const DOCUMENT = "document";

/** Where a payload has metadata: single values, lists, and the same as text. */
export const PARTS = ["metadata", "lists", "exact", "exactLists"] as const;
export type Part = (typeof PARTS)[number];

/** The path of a metadata key. */
export function pathOf(part: Part, key: string): string {
  return `${part}."${escapeKey(key)}"`;
}

/** Of what a key may have, Qdrant's paths have no form for quotes and backslashes. */
function escapeKey(key: string): string {
  return key.replace(/[%"\\]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`);
}

function unescapeKey(key: string): string {
  return key.replace(/%(25|22|5c)/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** Metadata on top of what a record has. */
export function withMetadata(payload: Payload, given: Metadata): Payload {
  const parts = new Map(PARTS.map((part) => [part, new Map(Object.entries(payload[part] ?? {}))]));
  for (const [name, value] of Object.entries(given)) {
    const key = escapeKey(name);
    for (const part of parts.values()) part.delete(key);
    const isList = Array.isArray(value);
    parts.get(isList ? "lists" : "metadata")?.set(key, value);
    const text = exactText(value);
    if (text !== undefined) parts.get(isList ? "exactLists" : "exact")?.set(key, text);
  }
  const changed = { ...payload };
  for (const [part, values] of parts) {
    // fromEntries defines keys, so "__proto__" is a key like any other.
    if (values.size > 0) Object.assign(changed, { [part]: Object.fromEntries(values) });
    else delete changed[part];
  }
  return changed;
}

/** Empty: none. */
export function metadataOf(payload: Payload): Record<string, unknown> {
  const entries = new Map<string, unknown>();
  for (const part of PARTS) {
    const isText = part.startsWith("exact");
    for (const [key, value] of Object.entries(payload[part] ?? {})) {
      entries.set(unescapeKey(key), isText ? fromText(value as string | string[]) : value);
    }
  }
  return Object.fromEntries(entries);
}

/** @throws invalid_response for a point that was not written here */
export function payloadOf(point: { payload?: unknown }): Payload {
  const payload = fields(point.payload);
  if (typeof payload.id !== "string" || typeof payload[ORDER] !== "number") {
    throw badAnswer(QDRANT, "with a point that is no record: its payload lacks id or order");
  }
  return payload as unknown as Payload;
}
