import Papa from "papaparse";
import { rowSection } from "./rows.js";
import { wholeText } from "./text.js";
import { FileError, type Section } from "./types.js";

const BATCH = 200;

/** A table whose first row names the columns; the separator is found out. A record for each row. */
export async function* parseCsv(file: File): AsyncGenerator<Section[]> {
  const { data, meta, errors } = Papa.parse<Record<string, unknown>>(await wholeText(file), {
    header: true,
    skipEmptyLines: "greedy",
    // Numbers and true or false, by what they look like.
    dynamicTyping: true,
    transformHeader: (name) => name.trim(),
  });
  const broken = errors.find(({ type }) => type === "Quotes");
  if (broken) {
    throw new FileError(`a quotation mark in row ${(broken.row ?? 0) + 1} is not closed`);
  }
  if (!meta.fields?.length || data.length === 0)
    throw new FileError("there are no rows below the names of columns");
  for (let start = 0; start < data.length; start += BATCH) {
    const rows = data.slice(start, start + BATCH);
    yield rows.flatMap((row, i) => rowSection(withoutExtra(row), start + i + 1) ?? []);
  }
}

/** More cells than names. */
function withoutExtra({ __parsed_extra: extra, ...row }: Record<string, unknown>) {
  return Array.isArray(extra) ? { ...row, more: extra.join(" ") } : row;
}
