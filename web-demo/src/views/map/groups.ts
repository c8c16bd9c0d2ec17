import type { Row } from "pagevec";

/** What the map's colours tell apart. */
export interface Groups {
  /** Of each row a number below names.length. */
  of: Uint8Array;
  names: string[];
}

/** More values than colours: the last one is for the rest. */
const MOST = 6;

/**
 * Rows by the text metadata with the fewest values, if it has 2 at least and no more than a legend can show
 * with the rest as one; else all rows are one group.
 */
export function groupsOf(rows: Row[]): Groups {
  const key = bestKey(rows);
  const of = new Uint8Array(rows.length);
  if (key === undefined) return { of, names: [] };
  const counts = countsOf(rows, key);
  const sorted = [...counts].sort(([, a], [, b]) => b - a).map(([value]) => value);
  const names = sorted.length > MOST ? [...sorted.slice(0, MOST - 1), "other"] : sorted;
  for (const [i, row] of rows.entries()) {
    const at = names.indexOf(textOf(row, key));
    of[i] = at < 0 ? names.length - 1 : at;
  }
  return { of, names };
}

function bestKey(rows: Row[]): string | undefined {
  const keys = new Set(rows.flatMap(({ metadata }) => Object.keys(metadata ?? {})));
  const candidates = [...keys]
    .map((key) => ({ key, values: countsOf(rows, key) }))
    // A key with a value of its own for nearly every row tells nothing apart.
    .filter(({ values }) => values.size >= 2 && values.size <= Math.max(MOST, rows.length / 20));
  return candidates.sort((a, b) => a.values.size - b.values.size)[0]?.key;
}

function countsOf(rows: Row[], key: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const row of rows) {
    const value = textOf(row, key);
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return counts;
}

function textOf({ metadata }: Row, key: string): string {
  const value = metadata?.[key];
  return typeof value === "string" ? value : "–";
}
