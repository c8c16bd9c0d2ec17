import { make } from "../../dom.js";
import { type Condition, type FilterKey, operatorsOf } from "./filter-model.js";

let rows = 0;

/** One condition: a key, an operator and a value. */
export class FilterRow {
  readonly element = make("div", "filter-row");
  private readonly keyChoice = document.createElement("select");
  private readonly operatorChoice = document.createElement("select");
  private readonly valueBox = make("div", "filter-value");
  private readonly id = `filter-${++rows}`;

  constructor(
    private readonly keys: readonly FilterKey[],
    private readonly onChange: () => void,
    onRemove: () => void,
  ) {
    this.keyChoice.setAttribute("aria-label", "Key");
    this.operatorChoice.setAttribute("aria-label", "Operator");
    this.keyChoice.append(...keys.map((key, i) => new Option(this.title(key), String(i))));
    const remove = make("button", "filter-remove", "✕");
    remove.type = "button";
    remove.setAttribute("aria-label", "Remove this condition");
    remove.addEventListener("click", onRemove);
    this.element.setAttribute("role", "group");
    this.element.setAttribute("aria-label", "Condition");
    this.element.append(this.keyChoice, this.operatorChoice, this.valueBox, remove);
    this.keyChoice.addEventListener("change", () => {
      this.describe();
      onChange();
    });
    this.operatorChoice.addEventListener("change", onChange);
    this.describe();
  }

  focus(): void {
    this.keyChoice.focus();
  }

  get condition(): Condition {
    const field = this.valueBox.querySelector<HTMLInputElement | HTMLSelectElement>(
      "input, select",
    );
    return { key: this.key, operator: this.operatorChoice.value, value: field?.value ?? "" };
  }

  private get key(): FilterKey {
    const key = this.keys[Number(this.keyChoice.value)];
    if (!key) throw new Error("a condition needs a key");
    return key;
  }

  /** One key may have values of several types, which are compared strictly. */
  private title({ key, type, list }: FilterKey): string {
    const alone = this.keys.filter((other) => other.key === key).length === 1;
    return alone ? key : `${key} (${list ? "list" : type})`;
  }

  /** The operators and the field that fit the key. */
  private describe(): void {
    const { key } = this;
    const operators = Object.entries(operatorsOf(key));
    this.operatorChoice.replaceChildren(...operators.map(([name, text]) => new Option(text, name)));
    const field = key.type === "boolean" ? this.trueOrFalse() : this.typed(key);
    field.setAttribute("aria-label", "Value");
    this.valueBox.replaceChildren(field, ...this.suggestions(key));
  }

  private trueOrFalse(): HTMLElement {
    const choice = document.createElement("select");
    choice.append(new Option("choose …", ""), new Option("true"), new Option("false"));
    choice.addEventListener("change", this.onChange);
    return choice;
  }

  private typed({ type }: FilterKey): HTMLElement {
    const input = document.createElement("input");
    // Not type="number": several between commas are allowed.
    if (type === "number") input.inputMode = "decimal";
    input.autocomplete = "off";
    input.placeholder = type === "number" ? "a number" : "a text";
    input.setAttribute("list", this.id);
    input.addEventListener("input", this.onChange);
    return input;
  }

  private suggestions({ type, values }: FilterKey): HTMLElement[] {
    if (type === "boolean") return [];
    const list = document.createElement("datalist");
    list.id = this.id;
    list.append(...values.map((value) => new Option(String(value))));
    return [list];
  }
}
