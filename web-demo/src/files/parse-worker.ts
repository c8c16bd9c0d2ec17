// Reads files beside the page, which stays free. PDF.js has a worker of its own: see pdf.ts.
import { parseCsv } from "./csv.js";
import { parseHtml } from "./html.js";
import { parseJson } from "./json.js";
import { parseMarkdown } from "./markdown.js";
import { parseText } from "./text.js";
import { FileError, type FileKind, type Parser, type Section } from "./types.js";

export interface ParseRequest {
  file: File;
  kind: Exclude<FileKind, "pdf">;
}

/** Sections until "end", or why there are no more. */
export type ParseAnswer =
  | { type: "sections"; sections: Section[] }
  | { type: "end" }
  | { type: "failed"; message: string; known: boolean };

const PARSERS: Record<ParseRequest["kind"], Parser> = {
  text: parseText,
  markdown: parseMarkdown,
  html: parseHtml,
  csv: parseCsv,
  json: parseJson,
};

const port = globalThis as unknown as {
  postMessage(answer: ParseAnswer): void;
  onmessage: (event: MessageEvent<ParseRequest>) => void;
};

port.onmessage = async ({ data: { file, kind } }) => {
  try {
    for await (const sections of PARSERS[kind](file))
      port.postMessage({ type: "sections", sections });
    port.postMessage({ type: "end" });
  } catch (error) {
    const { message } = error as Error;
    port.postMessage({ type: "failed", message, known: error instanceof FileError });
  }
};
