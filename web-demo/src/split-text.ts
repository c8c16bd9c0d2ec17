export type Unit = "paragraphs" | "sentences";

/** The model reads 256 tokens, about this many characters; what is longer would be cut off. */
const LONGEST_PASSAGE = 900;

/** Cuts a text into passages that the model can read whole. */
export function splitText(text: string, unit: Unit): string[] {
  const paragraphs = text.split(/\n\s*\n/).map((part) => part.replace(/\s+/g, " ").trim());
  const passages = paragraphs.flatMap((paragraph) => {
    if (unit === "sentences") return sentencesOf(paragraph).flatMap(cutLong);
    if (paragraph.length <= LONGEST_PASSAGE) return [paragraph];
    return joinShort(sentencesOf(paragraph).flatMap(cutLong));
  });
  return [...new Set(passages)].filter((passage) => passage !== "");
}

function sentencesOf(text: string): string[] {
  if (typeof Intl.Segmenter !== "function") return text.split(/(?<=[.!?])\s+/);
  const segmenter = new Intl.Segmenter(undefined, { granularity: "sentence" });
  return [...segmenter.segment(text)].map(({ segment }) => segment.trim());
}

/** A sentence beyond the model's reach, cut between words. */
function cutLong(sentence: string): string[] {
  return sentence.length <= LONGEST_PASSAGE ? [sentence] : joinShort(sentence.split(" "));
}

/** Joins neighbours up to the longest passage. */
function joinShort(pieces: string[]): string[] {
  const joined: string[] = [];
  for (const piece of pieces) {
    const last = joined.at(-1);
    if (last !== undefined && last.length + piece.length < LONGEST_PASSAGE) {
      joined[joined.length - 1] = `${last} ${piece}`;
    } else {
      joined.push(piece);
    }
  }
  return joined;
}
