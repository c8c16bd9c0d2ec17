import { FileError, type FileKind } from "./types.js";

const BY_ENDING: Record<string, FileKind> = {
  txt: "text",
  text: "text",
  log: "text",
  md: "markdown",
  markdown: "markdown",
  html: "html",
  htm: "html",
  xhtml: "html",
  pdf: "pdf",
  csv: "csv",
  tsv: "csv",
  json: "json",
  jsonl: "json",
  ndjson: "json",
};
const BY_TYPE: Record<string, FileKind> = {
  "text/plain": "text",
  "text/markdown": "markdown",
  "text/html": "html",
  "application/xhtml+xml": "html",
  "application/pdf": "pdf",
  "text/csv": "csv",
  "application/json": "json",
};

/** What the file chooser offers. */
export const ACCEPT = Object.keys(BY_ENDING)
  .map((ending) => `.${ending}`)
  .join(",");

/** By the name's ending, else by what the system says. @throws FileError */
export function kindOf({ name, type }: Pick<File, "name" | "type">): FileKind {
  const ending = /\.([^.]+)$/.exec(name)?.[1]?.toLowerCase() ?? "";
  const kind = BY_ENDING[ending] ?? BY_TYPE[type];
  if (kind) return kind;
  const what = ending ? `.${ending} files` : "files without an ending";
  throw new FileError(
    `${what} cannot be read here; txt, md, html, pdf, csv, tsv, json and jsonl can`,
  );
}
