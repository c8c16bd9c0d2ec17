import type { SearchRow } from "../collection/search/search-types.js";
import type { SearchState } from "../ui/live-search.js";
import type { SearchMessages } from "./messages.js";
import { defaultResult, templateResult } from "./result.js";
import { make, type Shell } from "./shell.js";

/** What the list needs of the element that it is in. */
export interface PopupOwner {
  template(): HTMLTemplateElement | null;
  renderResult(): ((row: SearchRow) => Node | string) | undefined;
  messages(): SearchMessages;
  /** Whether the list may close. */
  select(row: SearchRow, index: number): boolean;
  fail(error: unknown): void;
}

type Shown = Pick<SearchState, "rows" | "text" | "status" | "progress">;

/** The results below the field, walked through by keys while the focus stays in the field. */
export class Popup {
  private state: Shown = { rows: [], text: "", status: "idle", progress: undefined };
  private wanted = false;
  /** The place of the option that Enter selects, or -1. */
  private active = -1;

  constructor(
    private readonly shell: Shell,
    private readonly owner: PopupOwner,
  ) {
    // The field keeps the focus.
    shell.popup.onmousedown = (event) => event.preventDefault();
    shell.list.onclick = (event) => {
      const option = (event.target as Element).closest("[role=option]");
      if (option) this.select([...shell.list.children].indexOf(option));
    };
  }

  /** Shows an answer, or how far it is. */
  show(state: Shown): void {
    const last = this.state;
    const active = last.rows[this.active]?.id;
    this.state = state;
    if (state.rows !== last.rows) {
      this.fill();
      // The same question again, because the collection has changed.
      const again = state.text === last.text;
      this.mark(again ? state.rows.findIndex(({ id }) => id === active) : -1);
    }
    this.update();
  }

  /** Makes the results anew: they are to look different. */
  redraw(): void {
    this.fill();
    this.mark(this.active);
    this.update();
  }

  open(): void {
    this.wanted = true;
    this.mark(-1);
    this.update();
  }

  close(): void {
    this.wanted = false;
    this.mark(-1);
    this.update();
  }

  /** Whether the key was for the list. */
  key({ key, isComposing, ctrlKey, metaKey, shiftKey }: KeyboardEvent): boolean {
    if (isComposing || ctrlKey || metaKey || shiftKey) return false;
    const last = this.state.rows.length - 1;
    const walking = this.active >= 0;
    if (key === "ArrowDown") return this.walk(this.active < last ? this.active + 1 : 0);
    if (key === "ArrowUp") return this.walk(walking && this.active > 0 ? this.active - 1 : last);
    // Of the text, until the list is walked through.
    if (key === "Home") return walking && this.walk(0);
    if (key === "End") return walking && this.walk(last);
    if (key === "Enter") return walking && this.select(this.active);
    if (key !== "Escape" || this.shell.popup.hidden) return false;
    this.close();
    return true;
  }

  private walk(to: number): boolean {
    if (this.state.rows.length === 0) return false;
    this.wanted = true;
    this.update();
    this.mark(to);
    return true;
  }

  private select(index: number): boolean {
    const row = this.state.rows[index];
    if (row && this.owner.select(row, index)) this.close();
    return true;
  }

  private mark(active: number): void {
    const { input, list } = this.shell;
    this.active = active;
    for (const [i, option] of [...list.children].entries()) {
      option.setAttribute("aria-selected", String(i === active));
      option.part.toggle("active", i === active);
    }
    const option = list.children[active];
    if (option) input.setAttribute("aria-activedescendant", option.id);
    else input.removeAttribute("aria-activedescendant");
    option?.scrollIntoView({ block: "nearest" });
  }

  private fill(): void {
    const { list } = this.shell;
    try {
      list.replaceChildren(...this.state.rows.map((row, i) => this.option(row, i)));
    } catch (error) {
      list.replaceChildren();
      this.owner.fail(error);
    }
  }

  private option(row: SearchRow, index: number): HTMLElement {
    const option = make("li", "result", { role: "option", id: `result-${index}` });
    const render = this.owner.renderResult();
    const template = this.owner.template();
    if (render) option.append(render(row));
    else option.append(template ? templateResult(template, row) : defaultResult(row));
    return option;
  }

  private update(): void {
    const { input, list, message, popup, progress, status: region } = this.shell;
    const { rows, status } = this.state;
    const { results, failed } = this.owner.messages();
    const note = this.note();
    progress.hidden = status !== "searching";
    message.textContent = note;
    message.hidden = note === "";
    list.hidden = rows.length === 0;
    popup.hidden = !this.wanted || status === "idle" || (list.hidden && message.hidden);
    input.setAttribute("aria-expanded", String(!popup.hidden && !list.hidden));
    const found = status === "ready" ? results(rows.length) : "";
    const said = popup.hidden ? "" : status === "failed" ? failed : found;
    // What is set is read out, also when it is the same.
    if (region.textContent !== said) region.textContent = said;
  }

  private note(): string {
    const { rows, status, progress } = this.state;
    const { results, loading, failed } = this.owner.messages();
    if (status === "failed") return failed;
    if (rows.length > 0) return "";
    if (status === "searching") return progress ? loading(progress) : "";
    return status === "ready" ? results(0) : "";
  }
}
