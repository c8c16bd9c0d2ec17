import "../panels.css";
import "./ask.css";
import type { Context, View } from "../../context.js";
import { byId } from "../../dom.js";
import { plural } from "../../format.js";
import { serviceWords } from "../../services/service-errors.js";
import { ServiceForm } from "../../services/service-form.js";
import { Answer } from "./answer.js";
import markup from "./ask.html?raw";
import { findSources } from "./find-sources.js";
import { Sources } from "./sources.js";

/** Questions that a language model answers from what is found. */
export function mount(root: HTMLElement, context: Context): View {
  root.innerHTML = markup;
  const service = new ServiceForm("generate");
  byId("ask-service").append(service.element);
  const sources = new Sources();
  const asking = new Asking(context, service, sources);
  const question = byId<HTMLInputElement>("ask-question");
  byId("ask-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const text = question.value.trim();
    if (text === "") question.focus();
    else void asking.ask(text);
  });
  byId("ask-stop").addEventListener("click", () => asking.stop());
  const describe = () => {
    byId("ask-how").textContent = context.model.ready
      ? `Found in “${context.shelf.current.title}” by words and by meaning.`
      : `Found in “${context.shelf.current.title}” by words; with the model, by meaning too.`;
  };
  context.shelf.subscribe(describe);
  context.model.subscribe(describe);
  describe();
  return { show: () => question.focus({ preventScroll: true }), hide: () => asking.stop() };
}

/** One question at a time. */
class Asking {
  private controller: AbortController | undefined;

  constructor(
    private readonly context: Context,
    private readonly service: ServiceForm,
    private readonly sources: Sources,
  ) {}

  stop(): void {
    this.controller?.abort();
  }

  async ask(question: string): Promise<void> {
    this.stop();
    const controller = new AbortController();
    this.controller = controller;
    const { signal } = controller;
    const limit = Number(byId<HTMLSelectElement>("ask-limit").value);
    const answer = new Answer((number) => this.sources.goTo(number));
    this.running(true);
    try {
      const found = await findSources(this.context, question, limit, signal);
      if (signal.aborted) return;
      this.sources.show(found);
      if (found.length === 0) return answer.end("Nothing was found, so nothing was asked.");
      answer.begin(`${this.service.title} is given ${plural(found.length, "passage")} …`);
      const model = await this.service.generator();
      await answer.stream(question, found, model, signal);
      this.context.status.announce("The answer is complete");
    } catch (error) {
      // Only of the question that is on the page.
      if (this.controller !== controller) return;
      if (signal.aborted) answer.end("stopped");
      else answer.fail(serviceWords(error));
    } finally {
      if (this.controller === controller) this.running(false);
    }
  }

  private running(running: boolean): void {
    byId("ask-stop").hidden = !running;
    if (running) byId("ask-empty").hidden = true;
  }
}
