import type { SearchRow } from "pagevec";
import type { Context } from "../../context.js";
import { byId, make } from "../../dom.js";
import { megabytes } from "../../format.js";
import { getModel } from "../../model-badge.js";
import type { Scope } from "../../scopes.js";
import { walkWithArrows } from "./arrows.js";
import { Column, type ColumnText, type Mode } from "./column.js";

const TEXTS: Record<Mode, ColumnText> = {
  keyword: { title: "Keyword", note: "Words, beginnings, misspellings (BM25)." },
  vector: { title: "Vector", note: "Nearest meaning, by the cosine of vectors." },
  hybrid: { title: "Hybrid", note: "Both rankings as one (reciprocal rank fusion)." },
};

/** The three lists of answers beside each other; on a phone one of them at a time. */
export class Columns {
  private readonly box = byId("columns");
  private readonly choice = byId("shown");
  private readonly columns: Record<Mode, Column>;
  private touched = false;

  constructor(
    private readonly context: Context,
    field: HTMLInputElement,
    onSimilar: (text: string) => void,
  ) {
    const column = (mode: Mode) => new Column(mode, TEXTS[mode], onSimilar);
    this.columns = {
      keyword: column("keyword"),
      vector: column("vector"),
      hybrid: column("hybrid"),
    };
    const all = Object.values(this.columns);
    this.box.append(...all.map(({ element }) => element));
    walkWithArrows(field, all);
    this.choice.addEventListener("change", () => {
      this.touched = true;
      this.showChosen();
    });
  }

  /** Which list a phone shows, as long as the visitor has not chosen one. */
  prefer(mode: Mode): void {
    const input = this.choice.querySelector<HTMLInputElement>(`[value="${mode}"]`);
    if (this.touched || !input) return;
    input.checked = true;
    this.showChosen();
  }

  private showChosen(): void {
    const chosen = this.choice.querySelector<HTMLInputElement>("input:checked");
    this.box.dataset.shown = chosen?.value ?? "keyword";
  }

  show(mode: Mode, rows: SearchRow[], ms: number, scope: Scope): void {
    this.box.hidden = false;
    this.columns[mode].show(rows, ms, (row) => scope.card(row));
  }

  /** In place of answers that need the model. */
  askForModel(): void {
    const { model, status } = this.context;
    for (const mode of ["vector", "hybrid"] as const) {
      const { phase, total } = model.state;
      const button = make("button", "primary", `Get the model · ${megabytes(total)}`);
      button.type = "button";
      button.disabled = phase !== "absent";
      button.addEventListener("click", () => getModel(model, status));
      const text = make("p", "", "A language model turns your words into a vector. ");
      text.append("It is downloaded once and stays on this machine.");
      this.columns[mode].explainAbsence(text, button);
    }
  }

  /** Every column has its answer to this query. */
  answered(text: string): void {
    this.box.dataset.query = text;
  }

  clear(): void {
    for (const column of Object.values(this.columns)) column.clear();
    delete this.box.dataset.query;
    this.box.hidden = true;
  }
}
