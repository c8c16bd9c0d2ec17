import { badAnswer, fields } from "../../providers/client/failure.js";
import type { Metadata } from "../../types.js";
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
  /** The place in reads: later records have higher numbers. */
  order: number;
  /** Of the vector as it was given: the space cosine keeps vectors of length 1. */
  norm?: number;
}

export const ORDER = "order";
export const DOCUMENT = "document";

/** The path of a metadata key. */
export function pathOf(part: "metadata" | "lists", key: string): string {
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
  const metadata = new Map(Object.entries(payload.metadata ?? {}));
  const lists = new Map(Object.entries(payload.lists ?? {}));
  for (const [name, value] of Object.entries(given)) {
    const key = escapeKey(name);
    if (Array.isArray(value)) {
      lists.set(key, value);
      metadata.delete(key);
    } else {
      metadata.set(key, value);
      lists.delete(key);
    }
  }
  // fromEntries defines keys, so "__proto__" is a key like any other.
  return {
    ...payload,
    metadata: Object.fromEntries(metadata),
    lists: Object.fromEntries(lists),
  };
}

/** Empty: none. */
export function metadataOf({ metadata, lists }: Payload): Record<string, unknown> {
  const entries = [...Object.entries(metadata ?? {}), ...Object.entries(lists ?? {})];
  return Object.fromEntries(entries.map(([key, value]) => [unescapeKey(key), value]));
}

/** @throws invalid_response for a point that was not written here */
export function payloadOf(point: { payload?: unknown }): Payload {
  const payload = fields(point.payload);
  if (typeof payload.id !== "string" || typeof payload[ORDER] !== "number") {
    throw badAnswer(QDRANT, "with a point that is no record: its payload lacks id or order");
  }
  return payload as unknown as Payload;
}
