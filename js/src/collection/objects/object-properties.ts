import { sha256 } from "../../models/store.js";
import { parsed } from "../../providers/client/failure.js";
import { encodeMedia } from "../../providers/client/media.js";
import { MEDIA_KINDS, type Media } from "../../types/media.js";
import type { DataType, VectorizerSettings } from "../../types/vectorizer.js";
import type { Metadata } from "../../types.js";
import { goDate, goJson } from "../../vectorize/go-values.js";
import { FIELDS_OF } from "../../vectorize/settings.js";
import { ownEntry } from "../../vectorize/text.js";
import { withoutHidden } from "../hidden-keys.js";
import { invalid, shown } from "../validate.js";

// Properties as metadata, and back. Metadata has texts, numbers, booleans and lists of them; a date is
// kept as RFC 3339, a nested object as JSON, and of a file its hash.

export type Properties = Record<string, unknown>;

const FILE = "sha-256:";

/**
 * @param place names the object in messages
 * @throws invalid_argument for a value whose type its propertyConfig has to declare
 */
export async function toMetadata(
  properties: Properties,
  settings: VectorizerSettings,
  place: string,
): Promise<Metadata> {
  const metadata: [string, unknown][] = [];
  for (const [name, value] of Object.entries(properties)) {
    const where = `${place}.${name}`;
    const type = ownEntry(settings.propertyConfig, name)?.dataType;
    const stored = isMedia(settings, name)
      ? await storedMedia(value, where)
      : storedValue(value, type, where);
    if (stored !== undefined) metadata.push([name, stored]);
  }
  return Object.fromEntries(metadata) as Metadata;
}

/** Undefined: nothing is stored. */
function storedValue(value: unknown, type: DataType | undefined, where: string): unknown {
  if (value === null || value === undefined) return undefined;
  const values: unknown[] = Array.isArray(value) ? value : [value];
  const [first] = values;
  if (first === undefined) return undefined;
  const scalar = type?.replace("[]", "");
  if (scalar === "date" || first instanceof Date) {
    if (scalar !== "date") throw undeclared(where, "a date", "date");
    const dates = values.map((date) => goDate(date as Date, true));
    if (dates.every((date) => date !== undefined)) return Array.isArray(value) ? dates : dates[0];
    throw invalid(
      `${where} is no date of RFC 3339, e.g. "2024-02-03T04:05:06Z"; got ${shown(first)}`,
    );
  }
  if (isStructured(type)) {
    if (typeof first === "object") return goJson(value);
    throw invalid(`${where} is declared as ${type} and is ${shown(value)}; give an object`);
  }
  if (typeof first !== "object") return value;
  throw undeclared(where, "an object", "object");
}

function undeclared(where: string, what: string, type: string) {
  const name = where.slice(where.lastIndexOf(".") + 1);
  return invalid(
    `${where} is ${what}; declare it, so that it is read back as one: propertyConfig: { ${name}: { dataType: "${type}" } }`,
  );
}

function isStructured(type: DataType | undefined): boolean {
  return ["object", "object[]", "geoCoordinates", "phoneNumber"].includes(type ?? "");
}

/** Text as it is; a file is not stored, only what tells whether it is the same one. */
async function storedMedia(value: unknown, where: string): Promise<unknown> {
  if (value === null || value === undefined || typeof value === "string") return value ?? undefined;
  const { base64 } = await encodeMedia(value as Media, where);
  return FILE + (await sha256(new TextEncoder().encode(base64)));
}

/** Properties that hold files: those of media fields, and blobs. */
export function blobsOf({ propertyConfig = {}, ...settings }: VectorizerSettings): string[] {
  const declared = Object.keys(propertyConfig).filter(
    (name) => propertyConfig[name]?.dataType === "blob",
  );
  const media = MEDIA_KINDS.flatMap((kind) =>
    kind === "texts" ? [] : (settings[FIELDS_OF[kind]] ?? []),
  );
  return [...declared, ...media];
}

function isMedia(settings: VectorizerSettings, name: string): boolean {
  return blobsOf(settings).includes(name);
}

/** Whether only a file's hash is stored. */
export function isUnstoredFile(value: unknown): boolean {
  return typeof value === "string" && value.startsWith(FILE);
}

/** Properties as they were given, but for dates, which stay texts, and files. */
export function toProperties(
  metadata: Metadata | null,
  { propertyConfig }: VectorizerSettings,
): Properties {
  const entries = Object.entries(withoutHidden(metadata) ?? {}).map(([name, value]) => {
    const isJson = isStructured(ownEntry(propertyConfig, name)?.dataType);
    return [name, isJson && typeof value === "string" ? (parsed(value) ?? value) : value] as const;
  });
  return Object.fromEntries(entries);
}
