import { PagevecError } from "../errors.js";
import { assertReadable } from "../storage/errors.js";
import type { Manifest, NewManifest } from "../storage/store.js";

/** What a file says of a collection, as JSON. */
export type ArchivedManifest = Omit<NewManifest, "epoch">;

/**
 * What a Collection block holds. Whether names, metadata and configuration are such as this version
 * makes is for the page to check.
 * @throws corrupt, format_too_new
 */
export function readManifest(json: Uint8Array): ArchivedManifest {
  let read: Partial<Manifest> | null;
  try {
    read = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(json));
  } catch (cause) {
    throw wrong(`is no JSON (${cause})`);
  }
  if (typeof read !== "object" || read === null) throw wrong("is no object");
  const { format, id, name, metadata, configuration, embeddingFunction, createdAt } = read;
  if (typeof format !== "number" || typeof name !== "string" || typeof id !== "string") {
    throw wrong("lacks format, id or name");
  }
  assertReadable({ format, name });
  const objects = [configuration, configuration?.hnsw, embeddingFunction];
  const whole = objects.every((value) => typeof value === "object" && value !== null);
  if (!whole || metadata === undefined || typeof createdAt !== "number") {
    throw wrong(`of "${name}" is not whole`);
  }
  const found = { format, id, name, metadata, configuration, embeddingFunction, createdAt };
  return found as ArchivedManifest;
}

function wrong(what: string): PagevecError {
  return new PagevecError("corrupt", `what the file says of a collection ${what}`);
}
