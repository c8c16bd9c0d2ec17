import { rowSection } from "./rows.js";
import { sectionsOf, wholeText } from "./text.js";
import { FileError, type Section } from "./types.js";

const BATCH = 200;

/**
 * JSON: a record for each element of its list, which may lie one level deep ({ "items": [...] }), else
 * one for the whole; JSON lines: a record for each line.
 */
export async function* parseJson(file: File): AsyncGenerator<Section[]> {
  const items = itemsOf(await wholeText(file));
  for (let start = 0; start < items.length; start += BATCH) {
    const part = items.slice(start, start + BATCH);
    yield part.flatMap((item, i) => sectionsOfItem(item, start + i + 1));
  }
}

function itemsOf(text: string): unknown[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (failure) {
    return linesOf(text, failure as SyntaxError);
  }
  if (Array.isArray(value)) return value;
  if (typeof value !== "object" || value === null) return [value];
  const lists = Object.values(value).filter((inner) => Array.isArray(inner) && inner.length > 0);
  const longest = lists.sort((a, b) => b.length - a.length)[0];
  return (longest as unknown[] | undefined) ?? [value];
}

/** @throws FileError with what is wrong with the JSON, or with the first line that is none */
function linesOf(text: string, failure: SyntaxError): unknown[] {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const items: unknown[] = [];
  for (const [i, line] of lines.entries()) {
    try {
      items.push(JSON.parse(line));
    } catch {
      if (i === 0) throw new FileError(`it is no JSON: ${failure.message}`);
      throw new FileError(`line ${i + 1} is no JSON: ${line.slice(0, 40)}`);
    }
  }
  if (items.length === 0) throw new FileError("it is empty");
  return items;
}

function sectionsOfItem(item: unknown, place: number): Section[] {
  if (typeof item === "object" && item !== null && !Array.isArray(item)) {
    return [rowSection(item as Record<string, unknown>, place) ?? []].flat();
  }
  const text = typeof item === "string" ? item : JSON.stringify(item);
  return sectionsOf(text, { row: place });
}
