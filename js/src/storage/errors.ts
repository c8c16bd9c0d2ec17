import { PagevecError, type PagevecErrorCode } from "../errors.js";
import {
  MANIFEST_FORMAT,
  type Manifest,
  type SettledConfiguration,
  type SnapshotInfo,
  type SnapshotTarget,
} from "./store.js";

const CODES: Record<string, PagevecErrorCode> = {
  QuotaExceededError: "quota_exceeded",
  // A key that must be new exists: only another tab can have written it.
  ConstraintError: "conflict",
  // Chromium, of a value above 64 KiB whose file is gone.
  NotReadableError: "corrupt",
};
const ADVICE: Partial<Record<PagevecErrorCode, string>> = {
  quota_exceeded: "the browser has no room for it; nothing of it was kept. Delete data first",
  conflict: "another tab wrote the same at the same time; repeat it",
};

/** Any failure of the browser's storage as a PagevecError; doing: "reading the journal". */
export function storageError(cause: unknown, doing: string): PagevecError {
  if (cause instanceof PagevecError) return cause;
  const { name, message } = describe(cause);
  const code = CODES[name] ?? "storage_failed";
  const advice = ADVICE[code] ?? (message ? `${name}: ${message}` : name);
  return new PagevecError(code, `${doing} failed: ${advice}`, { cause });
}

function describe(cause: unknown): { name: string; message: string } {
  if (typeof cause === "object" && cause !== null && "name" in cause) {
    return { name: String(cause.name), message: "message" in cause ? String(cause.message) : "" };
  }
  return { name: "Error", message: String(cause) };
}

export function noSuchCollection(id: string): PagevecError {
  return new PagevecError("not_found", `there is no collection with the id ${id}; it was deleted`);
}

export function noCollectionNamed(name: string): PagevecError {
  return new PagevecError("not_found", `there is no collection named "${name}"; create it first`);
}

/** For what needs every record's text. */
export function withoutDocument(id: string): PagevecError {
  return new PagevecError(
    "invalid_argument",
    `the record ${JSON.stringify(id)} has no document to embed; give it one, or delete it`,
  );
}

export function nameTaken(name: string): PagevecError {
  return new PagevecError(
    "already_exists",
    `a collection named "${name}" exists already; choose another name or get that one`,
  );
}

/** @throws already_exists when another collection than exceptId has the name */
export function assertNameFree(
  manifests: Iterable<Manifest>,
  name: string,
  exceptId?: string,
): void {
  for (const manifest of manifests) {
    if (manifest.name === name && manifest.id !== exceptId) throw nameTaken(name);
  }
}

/** Whether a later version wrote it: then nothing of it is changed, but it can be deleted. */
export function isTooNew({ format }: Pick<Manifest, "format">): boolean {
  return format > MANIFEST_FORMAT;
}

/** @throws format_too_new */
export function assertReadable({ format, name }: Pick<Manifest, "format" | "name">): void {
  if (!isTooNew({ format })) return;
  throw new PagevecError(
    "format_too_new",
    `collection "${name}" has format ${format}, this version of pagevec reads up to ${MANIFEST_FORMAT}; update this page`,
  );
}

export function sequenceTaken(id: string, sequence: number): PagevecError {
  return new PagevecError(
    "conflict",
    `batch ${sequence} of collection ${id} was written by another tab; read again and repeat`,
  );
}

/** What a snapshot that may take over was checked against. */
export interface SnapshotState {
  /** How many parts were written, and how many are stored. */
  written: number;
  parts: number;
  lastSequence: number;
}

/** The error of a snapshot that may not take over, if any. */
export function snapshotConflict(
  manifest: Manifest,
  target: SnapshotTarget,
  { written, parts, lastSequence }: SnapshotState,
): PagevecError | undefined {
  const { generation, coveredSequence } = manifest.snapshot;
  const { move } = target;
  if (move && lastSequence !== move.after) return sequenceTaken(manifest.id, lastSequence);
  if (generation === target.replaces && coveredSequence <= target.coveredSequence) {
    if (parts === written) return undefined;
    return new PagevecError(
      "conflict",
      `${written - parts} parts of a new snapshot of "${manifest.name}" were removed by another tab`,
    );
  }
  return new PagevecError(
    "conflict",
    `another tab wrote snapshot ${generation} of "${manifest.name}" in the meantime`,
  );
}

/** Of a manifest: the least that has what it says, so that older versions read what they can. */
export function formatOf({ quantization }: SettledConfiguration, keepsParts = false): number {
  if (keepsParts) return MANIFEST_FORMAT;
  return quantization === "binary" ? 2 : 1;
}

/** Another store's manifest, here, where its parts are written whole. */
export function ofWholeParts(manifest: Manifest): Manifest {
  return isTooNew(manifest) ? manifest : { ...manifest, format: formatOf(manifest.configuration) };
}

/** The manifest once a snapshot has taken over. */
export function switched(
  manifest: Manifest,
  { move }: SnapshotTarget,
  snapshot: SnapshotInfo,
  keepsParts = false,
): Manifest {
  const { configuration } = manifest;
  const format = formatOf(configuration, keepsParts);
  if (!move) return { ...manifest, format, snapshot };
  const { reembedded = 0 } = configuration;
  return {
    ...manifest,
    format,
    snapshot,
    embeddingFunction: move.embeddingFunction,
    configuration: { ...configuration, reembedded: reembedded + 1 },
  };
}

/** A store that claimed before another did. */
export function writerFenced(who = "tab"): PagevecError {
  return new PagevecError("conflict", `another ${who} has taken over writing; repeat the call`);
}

/** The error of work for which a snapshot must still be the one that counts, if it is not. */
export function snapshotChanged(manifest: Manifest, generation: number): PagevecError | undefined {
  return manifest.snapshot.generation === generation ? undefined : snapshotSwitched(manifest.name);
}

export function snapshotSwitched(name: string): PagevecError {
  return new PagevecError(
    "conflict",
    `another tab stored snapshots of "${name}" while this one read it; repeat the call`,
  );
}

export function storeClosed(reason = "the client was closed"): PagevecError {
  return new PagevecError("closed", `${reason}; open a client again`);
}
