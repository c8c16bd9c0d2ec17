// Like compares with the whole of a text, by case, when its property is tokenized as "field". What would
// get in its way is written otherwise: * and ? stand for others, a line break ends the comparison, and
// white space at the ends is lost. They become a mark and three bits, written with two more characters
// of Unicode's private use area, which are written so themselves. A mark stands at the beginning of such
// a word and nowhere else, so that a text is part of another exactly when its written form is part of
// the other's.

const MARK = "\uE000";
const BITS = ["\uE001", "\uE002"];
const OTHERWISE = ["\n", "*", "?", MARK, ...BITS];
const PATTERN = /[\n*?\uE000-\uE002]/g;
const END = word(OTHERWISE.length);

function word(number: number): string {
  return MARK + [4, 2, 1].map((bit) => BITS[number & bit ? 1 : 0]).join("");
}

const written = (text: string) => text.replace(PATTERN, (unit) => word(OTHERWISE.indexOf(unit)));

/** What the property has of a document. */
export const exactText = (document: string): string => END + written(document) + END;

/** The pattern for Like of documents that contain the text. */
export const likeText = (text: string): string => `*${written(text)}*`;
