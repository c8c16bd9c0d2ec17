import { make } from "../dom.js";
import {
  optionsOf,
  type Purpose,
  SERVICES,
  type Service,
  type ServiceSettings,
} from "./services.js";

let forms = 0;

/**
 * Which service, which model, at which address, with which key. The key stays in its field: it is not
 * in a form that a browser would offer to remember, and nothing reads it before it is used.
 */
export class ServiceForm {
  readonly element = make("div", "service");
  private readonly services: readonly Service[];
  private readonly id = `service-${++forms}`;
  private readonly choice = document.createElement("select");
  private readonly model = this.input("text");
  private readonly address = this.input("url");
  private readonly key = this.input("password");
  private readonly keyBox: HTMLElement;
  private readonly note = make("p", "small soft");

  constructor(private readonly purpose: Purpose) {
    this.services = SERVICES.filter(({ models }) => models[purpose]);
    this.choice.append(...this.services.map(({ id, title }) => new Option(title, id)));
    this.keyBox = this.labelled("Your key", this.key, "key");
    this.element.append(
      this.labelled("Service", this.choice, "choice"),
      this.labelled("Model", this.model, "model"),
      this.labelled("Address", this.address, "address"),
      this.keyBox,
      this.note,
    );
    this.choice.addEventListener("change", () => this.propose());
    this.propose();
  }

  get title(): string {
    return `${this.service.title.split(",")[0]} · ${this.settings.model}`;
  }

  /** The service as a function of the package. Nothing is sent yet. */
  async embedding() {
    const { embed, title } = this.service;
    if (!embed) throw new Error(`${title} does not embed`);
    return embed(optionsOf(this.settings));
  }

  async generator() {
    const { generate, title } = this.service;
    if (!generate) throw new Error(`${title} does not answer questions`);
    return generate(optionsOf(this.settings));
  }

  private get service(): Service {
    const chosen = this.services.find(({ id }) => id === this.choice.value) ?? this.services[0];
    if (!chosen) throw new Error(`no service can ${this.purpose}`);
    return chosen;
  }

  private get settings(): ServiceSettings {
    const [baseURL, model, key] = [this.address, this.model, this.key].map(({ value }) =>
      value.trim(),
    ) as [string, string, string];
    return { baseURL, model, key };
  }

  private propose(): void {
    const { models, baseURL, key, note = "" } = this.service;
    this.model.value = models[this.purpose] ?? "";
    this.address.value = baseURL;
    // A key for one service must not go to another.
    this.key.value = "";
    this.keyBox.hidden = key === "none";
    this.key.placeholder = key === "perhaps" ? "if it wants one" : "";
    const about = key === "none" ? "" : "The key stays in this tab's memory and is gone with it.";
    this.note.textContent = [note, about].filter((part) => part !== "").join(" ");
  }

  private input(type: string): HTMLInputElement {
    const input = document.createElement("input");
    input.type = type;
    input.autocomplete = "off";
    input.spellcheck = false;
    return input;
  }

  private labelled(text: string, field: HTMLElement, name: string): HTMLElement {
    field.id = `${this.id}-${name}`;
    field.dataset.field = name;
    const label = make("label", "", text);
    label.htmlFor = field.id;
    const box = make("div", "field-block");
    box.append(label, field);
    return box;
  }
}
