import { type AnswerParams, streamAnswers } from "pagevec/generate";
import { byId, make } from "../../dom.js";
import { count, milliseconds } from "../../format.js";
import type { Source } from "./find-sources.js";

const TASK = `Answer the question with nothing but what the numbered passages below say.
Behind each statement give the number of its passage in square brackets, like [2].
If they do not say it, answer that they do not.
Question: `;
/** A prompt that is longer is not sent: a mistake could be dear. */
const TOKEN_BUDGET = 16_000;
/** A citation, complete or still to come to its end. */
const CITATION = /\[(\d{1,2})\]/g;
const UNFINISHED = /\[\d{0,2}$/;

/** The answer as it is being written, whose citations lead to the passages. */
export class Answer {
  private readonly text = byId("ask-text");
  private readonly note = byId("ask-note");
  private sources = 0;

  /** @param onCitation is given the passage's number. */
  constructor(private readonly onCitation: (number: number) => void) {
    this.text.replaceChildren();
    this.note.textContent = "";
    this.note.classList.remove("failed");
    byId("ask-answer").hidden = false;
  }

  begin(note: string): void {
    this.note.textContent = note;
  }

  end(note: string): void {
    this.note.textContent = note;
  }

  fail(why: string): void {
    this.note.textContent = why;
    this.note.classList.add("failed");
  }

  /** @throws what the service's call throws; what has come stays on the page */
  async stream(
    question: string,
    sources: Source[],
    model: AnswerParams["model"],
    signal: AbortSignal,
  ): Promise<void> {
    this.sources = sources.length;
    const began = performance.now();
    let first = 0;
    let rest = "";
    const answers = streamAnswers(
      sources.map(({ id, number, text }) => ({ id, properties: { number, text } })),
      // Braces in a question are no properties.
      { grouped: TASK + question.replace(/[{}]/g, " "), model, tokenBudget: TOKEN_BUDGET },
      { signal },
    );
    for await (const { text } of answers) {
      first ||= performance.now() - began;
      rest = this.write(rest + text);
    }
    this.text.append(rest);
    const { rows, usage } = await answers.result();
    if (rows[0]?.groupedError) throw rows[0].groupedError;
    const parts = [`first words after ${milliseconds(first)}`];
    parts.push(`all after ${milliseconds(performance.now() - began)}`);
    if (usage?.input) parts.push(`${count(usage.input)} tokens read`);
    if (usage?.output) parts.push(`${count(usage.output)} written`);
    this.note.textContent = parts.join(" · ");
  }

  /** Puts text on the page, but for the beginning of a citation at its end, which it returns. */
  private write(text: string): string {
    const rest = UNFINISHED.exec(text)?.[0] ?? "";
    const whole = text.slice(0, text.length - rest.length);
    let at = 0;
    for (const match of whole.matchAll(CITATION)) {
      const number = Number(match[1]);
      if (number < 1 || number > this.sources) continue;
      this.text.append(whole.slice(at, match.index), this.citation(number));
      at = match.index + match[0].length;
    }
    this.text.append(whole.slice(at));
    return rest;
  }

  private citation(number: number): HTMLElement {
    const button = make("button", "citation", String(number));
    button.type = "button";
    button.setAttribute("aria-label", `Source ${number}`);
    button.addEventListener("click", () => this.onCitation(number));
    return button;
  }
}
