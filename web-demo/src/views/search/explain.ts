import type { SearchRow } from "pagevec";
import { make } from "../../dom.js";

const number = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });

/** A drawer that says where a row's score comes from: rank, score and share of each ranking. */
export function explainDrawer(row: SearchRow, name: string): HTMLDetailsElement {
  const drawer = make("details", "explain");
  const summary = make("summary", "", `score ${number.format(row.score)}`);
  summary.setAttribute("aria-label", `Why ${name}: score ${number.format(row.score)}`);
  const table = make("table", "");
  const body = make("tbody", "");
  body.append(...linesOf(row).map(lineOf));
  table.append(headOf("", "rank", "score", "share"), body);
  drawer.append(summary, table);
  const terms = row.explain?.keyword?.terms ?? [];
  if (terms.length > 0) drawer.append(termList(terms));
  return drawer;
}

type Line = [name: string, rank: number, score: number, share: number | undefined];

function linesOf({ explain }: SearchRow): Line[] {
  const { keyword, vector, rerank } = explain ?? {};
  const lines: Line[] = [];
  if (keyword) lines.push(["keywords", keyword.rank, keyword.score, keyword.share]);
  if (vector) lines.push(["vector", vector.rank, vector.score, vector.share]);
  if (rerank) lines.push(["before rerank", rerank.rank, rerank.score, undefined]);
  return lines;
}

function headOf(...names: string[]): HTMLTableSectionElement {
  const head = make("thead", "");
  const row = make("tr", "");
  for (const name of names) {
    const cell = make(name === "" ? "td" : "th", "", name);
    if (name !== "") cell.setAttribute("scope", "col");
    row.append(cell);
  }
  head.append(row);
  return head;
}

function lineOf([name, rank, score, share]: Line): HTMLTableRowElement {
  const row = make("tr", "");
  const heading = make("th", "", name);
  heading.scope = "row";
  const numbers = [
    String(rank),
    number.format(score),
    share === undefined ? "" : number.format(share),
  ];
  row.append(heading, ...numbers.map((text) => make("td", "", text)));
  return row;
}

function termList(terms: { term: string; frequency: number; score: number }[]): HTMLElement {
  const list = make("ul", "terms");
  for (const { term, frequency, score } of terms) {
    const times = frequency > 1 ? ` × ${frequency}` : "";
    list.append(make("li", "", `${term}${times} ${number.format(score)}`));
  }
  return list;
}
