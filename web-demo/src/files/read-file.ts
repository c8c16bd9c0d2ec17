import { kindOf } from "./kinds.js";
import type { ParseAnswer, ParseRequest } from "./parse-worker.js";
import { FileError, type FileKind, type Section } from "./types.js";

/** What is larger is refused before it is read: hash and text are made in memory. */
const MOST_BYTES = 200e6;

export interface ReadFile {
  kind: FileKind;
  /** The beginning of the SHA-256 of its bytes, in hexadecimal digits. */
  hash: string;
  sections: Section[];
}

/**
 * Reads a file and cuts it into sections, without holding up the page.
 * @param onSections is told how many sections there are so far
 * @throws FileError for a file that cannot be read, with the reason; what the signal was aborted with
 */
export async function readFile(
  file: File,
  signal: AbortSignal,
  onSections: (count: number) => void,
): Promise<ReadFile> {
  const kind = kindOf(file);
  if (file.size === 0) throw new FileError("it is empty");
  if (file.size > MOST_BYTES) throw new FileError("it is larger than 200 MB");
  const hash = await hashOf(file);
  const sections: Section[] = [];
  for await (const some of sectionsIn(file, kind, signal)) {
    signal.throwIfAborted();
    sections.push(...some);
    onSections(sections.length);
  }
  if (sections.length === 0) throw new FileError("there is no text in it");
  return { kind, hash, sections };
}

async function hashOf(file: File): Promise<string> {
  const bytes = await file.arrayBuffer().catch(() => {
    throw new FileError("the browser could not read it; it may be a folder, or was moved");
  });
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest.subarray(0, 10), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function* sectionsIn(file: File, kind: FileKind, signal: AbortSignal) {
  if (kind !== "pdf") return yield* inWorker({ file, kind }, signal);
  const { parsePdf } = await import("./pdf.js");
  yield* parsePdf(file);
}

async function* inWorker(request: ParseRequest, signal: AbortSignal): AsyncGenerator<Section[]> {
  const worker = new Worker(new URL("./parse-worker.ts", import.meta.url), { type: "module" });
  const answers: ParseAnswer[] = [];
  let wake = () => {};
  worker.onmessage = ({ data }: MessageEvent<ParseAnswer>) => {
    answers.push(data);
    wake();
  };
  worker.onerror = (event) => {
    const message = event.message || "the page's reader of files could not be started";
    answers.push({ type: "failed", message, known: false });
    wake();
  };
  const stop = () => wake();
  signal.addEventListener("abort", stop);
  try {
    worker.postMessage(request);
    for (;;) {
      signal.throwIfAborted();
      const answer = answers.shift();
      if (answer?.type === "sections") yield answer.sections;
      else if (answer?.type === "end") return;
      else if (answer)
        throw new FileError(answer.known ? answer.message : `it cannot be read: ${answer.message}`);
      else await new Promise<void>((woken) => (wake = woken));
    }
  } finally {
    signal.removeEventListener("abort", stop);
    worker.terminate();
  }
}
