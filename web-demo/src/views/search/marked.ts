import type { Highlight } from "pagevec";
import { make } from "../../dom.js";

/**
 * A part of a document with the words that matched as <mark>.
 * @param begin where the part begins in the document, whose places the highlights count
 */
export function marked(text: string, begin: number, highlights: Highlight[]): (string | Node)[] {
  const pieces: (string | Node)[] = [];
  let at = 0;
  for (const [from, to] of highlights.flatMap(({ matches }) => matches)) {
    const start = Math.max(at, from - begin);
    const end = Math.min(text.length, to - begin);
    if (end <= start) continue;
    pieces.push(text.slice(at, start), make("mark", "", text.slice(start, end)));
    at = end;
  }
  pieces.push(text.slice(at));
  return pieces;
}
