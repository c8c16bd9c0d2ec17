import "../panels.css";
import "./providers.css";
import type { Client } from "pagevec";
import type { Context, View } from "../../context.js";
import { byId, make } from "../../dom.js";
import { MODEL_NAME } from "../../model.js";
import { serviceWords } from "../../services/service-errors.js";
import { ServiceForm } from "../../services/service-form.js";
import { examine, openMemory } from "./comparison.js";
import { Contender } from "./contender.js";
import markup from "./providers.html?raw";
import { SAMPLE_QUERY, SAMPLE_TEXTS } from "./sample-texts.js";

/** More texts than that are no comparison that anybody reads, and cost money. */
const MOST_TEXTS = 200;

/** The same texts by several models, side by side. */
export function mount(root: HTMLElement, context: Context): View {
  root.innerHTML = markup;
  byId<HTMLTextAreaElement>("compare-texts").value = SAMPLE_TEXTS;
  byId<HTMLInputElement>("compare-query").value = SAMPLE_QUERY;
  const comparison = new Comparison(context);
  comparison.addLocal();
  comparison.addService();
  byId("compare-add").addEventListener("click", () => comparison.addService());
  byId("compare-run").addEventListener("click", () => void comparison.run());
  byId("compare-stop").addEventListener("click", () => comparison.stop());
  byId("compare-query").addEventListener("keydown", (event) => {
    if (event.key === "Enter") void comparison.run();
  });
  return { show() {}, hide: () => comparison.stop() };
}

class Comparison {
  private readonly box = byId("contenders");
  private readonly contenders = new Set<Contender>();
  private controller: AbortController | undefined;
  private client: Promise<Client> | undefined;
  private added = 0;

  constructor(private readonly context: Context) {}

  /** The page's own model. It is only downloaded when the visitor asks for it. */
  addLocal(): void {
    const { model } = this.context;
    const note = make("p", "small soft", `${MODEL_NAME}, in this page`);
    this.put(
      new Contender("On this machine", note, async () => {
        if (!model.ready) throw new Error("Get the model first: see the button above.");
        return model;
      }),
    );
  }

  addService(): void {
    const form = new ServiceForm("embed");
    const title = `Provider ${++this.added}`;
    const contender: Contender = new Contender(
      title,
      form.element,
      () => form.embedding(),
      () => {
        this.contenders.delete(contender);
        contender.element.remove();
        byId("compare-add").focus();
      },
    );
    this.put(contender);
  }

  stop(): void {
    this.controller?.abort();
  }

  async run(): Promise<void> {
    const lines = byId<HTMLTextAreaElement>("compare-texts").value.split("\n");
    const texts = lines.map((line) => line.trim()).filter((line) => line !== "");
    const query = byId<HTMLInputElement>("compare-query").value.trim();
    if (texts.length === 0 || query === "") return this.note("It takes some texts and a query.");
    if (texts.length > MOST_TEXTS) return this.note(`At most ${MOST_TEXTS} texts are compared.`);
    this.stop();
    const controller = new AbortController();
    this.controller = controller;
    this.running(true);
    this.note("");
    try {
      // One after another: times of models that share the machine would be of no use.
      for (const contender of this.contenders) {
        await this.ask(contender, texts, query, controller.signal);
      }
      this.note(controller.signal.aborted ? "stopped" : "compared");
    } catch (error) {
      this.context.status.showError(error);
    } finally {
      if (this.controller === controller) this.running(false);
    }
  }

  private async ask(
    contender: Contender,
    texts: string[],
    query: string,
    signal: AbortSignal,
  ): Promise<void> {
    if (signal.aborted) return contender.tell("stopped");
    contender.wait();
    this.client ??= openMemory();
    const client = await this.client;
    try {
      const embedding = await contender.open();
      contender.show(await examine(client, embedding, texts, query, signal), texts.length);
    } catch (error) {
      if (signal.aborted) contender.tell("stopped");
      else contender.tell(serviceWords(error), true);
    }
  }

  private put(contender: Contender): void {
    this.contenders.add(contender);
    this.box.append(contender.element);
  }

  private note(text: string): void {
    byId("compare-note").textContent = text;
  }

  private running(running: boolean): void {
    byId("compare-stop").hidden = !running;
  }
}
