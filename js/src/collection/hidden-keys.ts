import type { Metadata } from "../types.js";

// What a record remembers beside its caller's metadata is under keys with #, which cannot come from callers.

export function isHidden(key: string): boolean {
  return key.startsWith("#");
}

/** Metadata as it was given; null when nothing of it was. */
export function withoutHidden<M extends Metadata>(metadata: M | null | undefined): M | null {
  const given = Object.entries(metadata ?? {}).filter(([key]) => !isHidden(key));
  return given.length === 0 ? null : (Object.fromEntries(given) as M);
}

/** The same of JSON. */
export function withoutHiddenJson(metadata: string | null): string | null {
  if (!metadata?.includes('"#')) return metadata;
  const given = withoutHidden(JSON.parse(metadata));
  return given && JSON.stringify(given);
}
