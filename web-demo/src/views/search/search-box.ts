import { byId, make } from "../../dom.js";

/** Long enough to skip the letters in between, short enough to feel immediate. */
const DEBOUNCE_MS = 60;

/** The search field with its examples: tells when the visitor has a new query. */
export class SearchBox {
  readonly input = byId<HTMLInputElement>("query");
  private readonly examples = byId("examples");
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** @param onQuery gets the trimmed text, empty when the field was cleared. */
  constructor(private readonly onQuery: (text: string) => void) {
    this.input.addEventListener("input", () => this.later());
    this.input.addEventListener("keydown", (event) => {
      if (event.key === "Enter") this.now();
      if (event.key === "Escape") this.set("");
    });
    document.addEventListener("keydown", (event) => {
      if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.target instanceof Element && event.target.closest("input, textarea, select"))
        return;
      event.preventDefault();
      this.input.focus();
      this.input.select();
    });
  }

  get text(): string {
    return this.input.value.trim();
  }

  /** Puts a query into the field and searches at once. */
  set(text: string): void {
    this.input.value = text;
    this.now();
  }

  describe(label: string, placeholder: string, examples: string[]): void {
    byId("query-label").textContent = label;
    this.input.placeholder = placeholder;
    this.examples.replaceChildren(
      ...examples.map((example) => {
        const button = make("button", "chip", example);
        button.type = "button";
        button.addEventListener("click", () => this.set(example));
        return button;
      }),
    );
  }

  private later(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.onQuery(this.text), DEBOUNCE_MS);
  }

  private now(): void {
    clearTimeout(this.timer);
    this.onQuery(this.text);
  }
}
