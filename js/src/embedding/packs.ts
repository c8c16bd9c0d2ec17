/** Texts that go through the model together: their places, and their ids one after another. */
export interface Pack {
  rows: number[];
  ids: Int32Array;
  lengths: Uint32Array;
}

/**
 * Packs texts by length, the longest first, each pack as full as `budget` tokens allow. A text that
 * is longer is a pack of its own.
 * @param texts token ids by text; its place is its row.
 */
export function makePacks(texts: readonly Int32Array[], budget: number): Pack[] {
  const order = texts.map((_, row) => row).sort((a, b) => lengthOf(texts, b) - lengthOf(texts, a));
  const packs: Pack[] = [];
  for (let begin = 0; begin < order.length; ) {
    let end = begin;
    let tokens = 0;
    do {
      tokens += lengthOf(texts, order[end++]);
    } while (end < order.length && tokens + lengthOf(texts, order[end]) <= budget);
    packs.push(packOf(texts, order.slice(begin, end), tokens));
    begin = end;
  }
  return packs;
}

function packOf(texts: readonly Int32Array[], rows: number[], tokens: number): Pack {
  const ids = new Int32Array(tokens);
  const lengths = new Uint32Array(rows.length);
  let at = 0;
  for (const [i, row] of rows.entries()) {
    const text = texts[row] as Int32Array;
    ids.set(text, at);
    lengths[i] = text.length;
    at += text.length;
  }
  return { rows, ids, lengths };
}

function lengthOf(texts: readonly Int32Array[], row: number | undefined): number {
  return (texts[row as number] as Int32Array).length;
}
