/** Classes of Go's unicode.IsLower, IsUpper and IsDigit; everything else is one more class. */
const CLASSES = [/\p{Ll}/u, /\p{Lu}/u, /\p{Nd}/u];
const LOWER = 0;
const UPPER = 1;

interface Run {
  class: number;
  text: string;
}

/**
 * A name as words: "PDFLoaderV2" becomes "PDF Loader V 2". Runs of lower case, upper case, digits and
 * of anything else are words; the last capital before a small letter belongs to the word that
 * follows. As in Weaviate, a word that is one space falls away. Source: fatih/camelcase 1.0.0 and
 * separateCamelCase in Weaviate's object_texts.go.
 */
export function splitCamelCase(name: string): string {
  const words = camelCaseWords(name);
  return words.map((word, i) => (word === " " ? "" : i > 0 ? ` ${word}` : word)).join("");
}

function camelCaseWords(name: string): string[] {
  const runs: Run[] = [];
  for (const char of name) {
    const of = CLASSES.findIndex((pattern) => pattern.test(char));
    const last = runs.at(-1);
    if (last?.class === of) last.text += char;
    else runs.push({ class: of, text: char });
  }
  for (const [i, run] of runs.entries()) {
    const next = runs[i + 1];
    if (run.class !== UPPER || next?.class !== LOWER) continue;
    const capital = [...run.text].at(-1) ?? "";
    next.text = capital + next.text;
    run.text = run.text.slice(0, -capital.length);
  }
  return runs.map(({ text }) => text).filter((text) => text !== "");
}

/** Go's strings.ToLower: letter by letter, so that a final sigma is like any other. */
export function goLowerCase(text: string): string {
  return [...text].map((char) => (char === "\u0130" ? "i" : char.toLowerCase())).join("");
}

/** Order of UTF-8 bytes, which is that of code points. */
export function byBytes(a: string, b: string): number {
  const left = [...a];
  const right = [...b];
  const at = left.findIndex((char, i) => char !== right[i]);
  if (at === -1) return left.length - right.length;
  return (left[at]?.codePointAt(0) ?? 0) - (right[at]?.codePointAt(0) ?? -1);
}
