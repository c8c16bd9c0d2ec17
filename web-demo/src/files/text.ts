import { FileError, type Section } from "./types.js";

/** A record of about two printed pages; the collection cuts it into passages by itself. */
const SECTION_CHARACTERS = 6000;
/** Sections at a time. */
const BATCH = 50;

/** Plain text: cut between paragraphs, where there are any. */
export async function* parseText(file: File): AsyncGenerator<Section[]> {
  let batch: Section[] = [];
  let rest = "";
  let place = 0;
  const take = (text: string) => {
    if (text.trim() !== "") batch.push({ text: text.trim(), metadata: { part: ++place } });
  };
  for await (const piece of decoded(file)) {
    rest += piece;
    let cut = lastCut(rest);
    while (cut > 0) {
      take(rest.slice(0, cut));
      rest = rest.slice(cut);
      if (batch.length >= BATCH) {
        yield batch;
        batch = [];
      }
      cut = lastCut(rest);
    }
  }
  take(rest);
  if (batch.length > 0) yield batch;
}

/** Cuts one text as parseText() cuts a file's. */
export function sectionsOf(text: string, metadata: Section["metadata"]): Section[] {
  const sections: Section[] = [];
  let rest = text;
  for (let cut = lastCut(rest); cut > 0; cut = lastCut(rest)) {
    sections.push({ text: rest.slice(0, cut).trim(), metadata });
    rest = rest.slice(cut);
  }
  sections.push({ text: rest.trim(), metadata });
  return sections.filter((section) => section.text !== "");
}

/** Where a section ends: 0 while it is too short, else behind its last paragraph, line or word. */
function lastCut(text: string): number {
  if (text.length <= SECTION_CHARACTERS) return 0;
  const head = text.slice(0, SECTION_CHARACTERS);
  for (const separator of ["\n\n", "\n", ". ", " "]) {
    const at = head.lastIndexOf(separator);
    if (at > SECTION_CHARACTERS / 2) return at + separator.length;
  }
  // Not between the halves of a character beyond the first 65,536.
  return /[\uD800-\uDBFF]$/.test(head) ? head.length - 1 : head.length;
}

/**
 * The file's text: UTF-16 where it begins so, else UTF-8, else, as bytes that are neither tell,
 * Windows-1252; lines end with \n.
 * @throws FileError for what is no text
 */
export async function* decoded(file: File): AsyncGenerator<string> {
  const decoder = new TextDecoder(await encodingOf(file));
  let first = true;
  for await (const bytes of chunksOf(file)) {
    const text = decoder.decode(bytes, { stream: true });
    if (first && text.includes("\0")) {
      throw new FileError("it is no text: there are zero bytes in it");
    }
    first = false;
    yield text.replaceAll("\r\n", "\n");
  }
  yield decoder.decode();
}

export async function wholeText(file: File): Promise<string> {
  let text = "";
  for await (const piece of decoded(file)) text += piece;
  return text;
}

async function encodingOf(file: File): Promise<string> {
  const begin = new Uint8Array(await file.slice(0, 2).arrayBuffer());
  if (begin[0] === 0xff && begin[1] === 0xfe) return "utf-16le";
  if (begin[0] === 0xfe && begin[1] === 0xff) return "utf-16be";
  const decoder = new TextDecoder("utf-8", { fatal: true });
  try {
    for await (const bytes of chunksOf(file)) decoder.decode(bytes, { stream: true });
    decoder.decode();
    return "utf-8";
  } catch {
    return "windows-1252";
  }
}

async function* chunksOf(file: File): AsyncGenerator<Uint8Array> {
  const reader = file.stream().getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) yield part.value;
}
