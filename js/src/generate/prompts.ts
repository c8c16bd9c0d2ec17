import { PagevecError } from "../errors.js";
import type { Media } from "../types/media.js";
import { goDate, goJson, goNumber } from "../vectorize/go-values.js";
import { isFile } from "../vectorize/text.js";

// Weaviate's prompts: usecases/modulecomponents/generative/generative.go and
// additional/generate/generate_result.go.

/** Go's \w and \s, which know ASCII only. */
const PLACEHOLDER = /\{([\w\t\n\f\r ]*?)\}/g;

export type Properties = Readonly<Record<string, unknown>>;
/** Properties as they stand in a prompt. */
export type PromptTexts = Record<string, string>;

/**
 * What a prompt may say of an object: texts as they are, numbers by Go's %v, dates by RFC 3339, lists
 * and objects as JSON. Null and files are left out, as are `without`.
 * @param only the properties that take part. Default: all.
 */
export function promptTexts(
  properties: Properties,
  without: readonly string[] = [],
  only?: readonly string[],
): PromptTexts {
  const texts: PromptTexts = {};
  for (const [name, value] of Object.entries(properties)) {
    if (without.includes(name) || (only && !only.includes(name))) continue;
    const text = promptText(value);
    // A key like any other, also "__proto__".
    if (text !== undefined) Object.defineProperty(texts, name, { value: text, enumerable: true });
  }
  return texts;
}

function promptText(value: unknown): string | undefined {
  if (value === null || value === undefined || isFile(value)) return undefined;
  if (typeof value === "number") return goNumber(value);
  if (value instanceof Date) return goDate(value, true);
  return typeof value === "object" ? goJson(value) : String(value);
}

/**
 * The prompt for one object: `{name}` becomes the value of that property, spaces around the name do
 * not count, values stand as they are.
 * @throws invalid_argument for a property that is missing or empty
 */
export function singlePrompt(texts: PromptTexts, prompt: string): string {
  let filled = prompt;
  for (const [match, inner = ""] of prompt.matchAll(PLACEHOLDER)) {
    const name = inner.trim();
    const value = textOf(texts, name);
    if (!value) {
      throw new PagevecError(
        "invalid_argument",
        `Following property has empty value: '${name}'. Make sure you spell the property name correctly, verify that the property exists and has a value`,
      );
    }
    filled = filled.replaceAll(match, () => value);
  }
  return filled;
}

/**
 * The prompt for all objects: the task, then the objects as JSON. A `{name}` in the task becomes the
 * value of the first object that has it, else the bare name. Objects without texts are left out.
 */
export function groupedPrompt(objects: readonly PromptTexts[], task: string): string {
  const given = objects.filter((texts) => Object.keys(texts).length > 0);
  const filled = task.replaceAll(PLACEHOLDER, (_, name: string) => {
    const first = given.find((texts) => Object.hasOwn(texts, name));
    return first ? (first[name] as string) : name;
  });
  return `${filled}: ${goJson(given)}`;
}

/** The pictures that objects hold in these properties. */
export function imagesOf(properties: Properties, names: readonly string[]): Media[] {
  return names
    .map((name) => (Object.hasOwn(properties, name) ? properties[name] : null))
    .filter((image) => image !== null && image !== undefined) as Media[];
}

function textOf(texts: PromptTexts, name: string): string | undefined {
  return Object.hasOwn(texts, name) ? texts[name] : undefined;
}
