export function parseSynset(line: string): {
  offset: string;
  lexFile: string;
  words: string[];
  gloss: string;
};
export function cleanLemma(lemma: string): string;
export function parseSenses(
  text: string,
): Map<string, Map<string, { sense: number; tagged: number }>>;
