import type { DataType, VectorizerSettings } from "../types/vectorizer.js";
import { byBytes, goLowerCase, splitCamelCase } from "./camel-case.js";
import { goDate, goJson, goNumber } from "./go-values.js";
import { vectorizesClassName } from "./settings.js";

/** What is embedded of an object. */
export interface AssembledText {
  /** "" when there is nothing to embed, unless there is a title. */
  text: string;
  /** The value of titleProperty, apart; "" without one. */
  title: string;
}

/**
 * An object as the text that Weaviate would have embedded: the collection's name if it takes part,
 * then the values of the properties in the order of their names, joined by spaces. Without
 * `properties` only texts and lists of texts count.
 * Source: Weaviate's usecases/modulecomponents/vectorizer/object_texts.go.
 */
export function assembleText(
  object: Readonly<Record<string, unknown>>,
  settings: VectorizerSettings = {},
): AssembledText {
  const { className = "", module, properties, lowerCase = false, titleProperty } = settings;
  const lowered = (value: string) => (lowerCase ? goLowerCase(value) : value);
  const name = () => lowered(splitCamelCase(className));
  const parts: string[] = [];
  const titles: string[] = [];
  if (settings.vectorizeClassName ?? vectorizesClassName(module)) parts.push(name());
  for (const property of Object.keys(object).sort(byBytes)) {
    const config = ownEntry(settings.propertyConfig, property);
    if (properties ? !properties.includes(property) : config?.skip) continue;
    const values = textsOf(object[property], config?.dataType, properties !== undefined);
    const prefix = config?.vectorizePropertyName ? `${lowered(splitCamelCase(property))} ` : "";
    const texts = values.map((value) => prefix + lowered(value));
    (property === titleProperty ? titles : parts).push(...texts);
  }
  if (parts.length === 0 && !properties) parts.push(name());
  return { text: parts.join(" "), title: titles.join(" ") };
}

/** The value of a key that the object itself has: "constructor" is a name like any other. */
export function ownEntry<T>(entries: Record<string, T> | undefined, key: string): T | undefined {
  return entries && Object.hasOwn(entries, key) ? entries[key] : undefined;
}

/**
 * The parts that a value gives; what is no text gives some only to source properties. Lists of dates
 * give none: Weaviate's rule does not know them, though it knows a date.
 */
function textsOf(value: unknown, dataType: DataType | undefined, isSource: boolean): string[] {
  const isList = Array.isArray(value);
  const values: unknown[] = isList ? value : [value];
  const [first] = values;
  if (first === null || first === undefined || isFile(first)) return [];
  const type = dataType?.replace("[]", "");
  // Weaviate's values of these types are none that its rule knows.
  if (type === "uuid" || type === "geoCoordinates" || type === "phoneNumber") return [];
  if (first instanceof Date || type === "date") {
    return isSource && !isList ? [goDate(first as Date) ?? String(first)] : [];
  }
  if (typeof first === "string") return values.map(String);
  if (!isSource) return [];
  if (typeof first === "object") return [goJson(value)];
  return values.map((item) => (typeof item === "number" ? goNumber(item) : String(item)));
}

/** A value that is neither text nor a number nor an object of such: bytes, a Blob, a bitmap. */
export function isFile(value: unknown): boolean {
  const kind = Object.prototype.toString.call(value);
  return ArrayBuffer.isView(value) || /Blob|File|ImageBitmap|ArrayBuffer/.test(kind);
}
