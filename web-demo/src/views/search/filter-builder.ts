import "./filter-builder.css";
import type { Where } from "pagevec";
import type { Context } from "../../context.js";
import { make } from "../../dom.js";
import { plural } from "../../format.js";
import { codeOf, type FilterKey, type Joiner, keysOf, whereOf } from "./filter-model.js";
import { FilterRow } from "./filter-row.js";

/** Records that are looked at for their keys. */
const SAMPLE = 1000;

/**
 * Builds a condition on the metadata of the chosen collection.
 * @param root an empty element
 * @param onChange is given the condition after each change; undefined: all records
 */
export function mountFilterBuilder(
  root: HTMLElement,
  context: Context,
  onChange: (where: Where | undefined) => void,
): void {
  new FilterBuilder(root, context, onChange);
}

class FilterBuilder {
  private readonly details = make("details", "filter");
  private readonly rows = make("div", "filter-rows");
  private readonly joiner = document.createElement("select");
  private readonly joinerBox = make("label", "filter-joiner", "Records that meet ");
  private readonly code = make("code", "");
  private readonly copy = make("button", "", "Copy code");
  private readonly add = make("button", "", "Add a condition");
  private readonly count = make("span", "numbers");
  private readonly none = make(
    "p",
    "soft",
    "The records of this collection have nothing to filter by.",
  );
  private conditions: FilterRow[] = [];
  private keys: FilterKey[] = [];
  private sent = "";

  constructor(
    root: HTMLElement,
    private readonly context: Context,
    private readonly onChange: (where: Where | undefined) => void,
  ) {
    root.append(this.build());
    this.add.addEventListener("click", () => this.addRow());
    this.joiner.addEventListener("change", () => this.changed());
    this.copy.addEventListener("click", () => void this.copyCode());
    context.shelf.subscribe((what) => {
      if (what === "choice") this.reset();
      if (this.details.open) void this.readKeys();
    });
    this.details.addEventListener("toggle", () => {
      if (this.details.open) void this.readKeys();
    });
    this.show();
  }

  private build(): HTMLElement {
    const summary = make("summary", "");
    summary.append(make("span", "", "Filter"), this.count);
    this.add.type = "button";
    this.copy.type = "button";
    this.joiner.append(new Option("all", "$and"), new Option("one", "$or"));
    this.joinerBox.append(this.joiner, " of these");
    const tools = make("div", "row buttons");
    tools.append(this.add, this.copy);
    const pre = make("pre", "filter-code");
    pre.tabIndex = 0;
    pre.setAttribute("aria-label", "Code of this search");
    pre.append(this.code);
    const body = make("div", "filter-body");
    body.append(this.joinerBox, this.rows, this.none, tools, pre);
    this.details.append(summary, body);
    return this.details;
  }

  /** From the records themselves: no schema says what is in a collection. */
  private async readKeys(): Promise<void> {
    const { collection } = this.context.shelf.current;
    try {
      const { metadatas } = await collection.get({ limit: SAMPLE, include: ["metadatas"] });
      if (collection !== this.context.shelf.current.collection) return;
      this.keys = keysOf(metadatas ?? []);
    } catch (error) {
      this.context.status.showError(error);
    }
    this.show();
  }

  private addRow(): void {
    const row: FilterRow = new FilterRow(
      this.keys,
      () => this.changed(),
      () => {
        this.conditions = this.conditions.filter((other) => other !== row);
        row.element.remove();
        (this.conditions.at(-1)?.element.querySelector("select") ?? this.add).focus();
        this.changed();
      },
    );
    this.conditions.push(row);
    this.rows.append(row.element);
    row.focus();
    this.changed();
  }

  private reset(): void {
    this.conditions = [];
    this.keys = [];
    this.rows.replaceChildren();
    this.changed();
  }

  private get where(): Where | undefined {
    const conditions = this.conditions.map(({ condition }) => condition);
    return whereOf(conditions, this.joiner.value as Joiner);
  }

  private changed(): void {
    this.show();
    const { where } = this;
    const now = JSON.stringify(where ?? null);
    // A row that is not complete yet changes nothing.
    if (now === (this.sent || "null")) return;
    this.sent = now;
    this.onChange(where);
  }

  private show(): void {
    const { where } = this;
    const { length } = this.conditions;
    this.add.disabled = this.keys.length === 0;
    this.none.hidden = this.keys.length > 0;
    this.joinerBox.hidden = length < 2;
    this.count.textContent = length === 0 ? "" : plural(length, "condition");
    this.code.textContent = codeOf(where, this.context.shelf.current.name);
  }

  private async copyCode(): Promise<void> {
    const { status } = this.context;
    try {
      await navigator.clipboard.writeText(this.code.textContent ?? "");
      this.copy.textContent = "Copied";
      status.announce("The code was copied");
      setTimeout(() => (this.copy.textContent = "Copy code"), 2000);
    } catch (error) {
      status.showError(error);
    }
  }
}
