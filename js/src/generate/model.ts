import { PagevecError, throwIfAborted, unlessAborted } from "../errors.js";
import type {
  GenerateRequest,
  Generation,
  GenerationStream,
  Generator,
} from "../types/generator.js";
import type { CallOptions } from "../types.js";
import type { AnswerFunction } from "./types.js";

/** @throws invalid_argument for what is neither a Generator nor a function */
export function toGenerator(model: Generator | AnswerFunction): Generator {
  if (typeof model === "function") return localGenerator(model);
  if (typeof model?.generate === "function" && typeof model.stream === "function") return model;
  throw new PagevecError(
    "invalid_argument",
    `model must be a Generator or a function (prompt) => text, got ${String(model)}`,
  );
}

/** A function as a Generator. Its request has a prompt; system, if any, is put in front of it. */
function localGenerator(model: AnswerFunction): Generator {
  const stream = (request: GenerateRequest, call: CallOptions = {}) =>
    new LocalStream(pieces(model, request, call));
  return {
    name: model.name || "local",
    generate: (request, call) => stream(request, call).result(),
    stream,
  };
}

async function* pieces(
  model: AnswerFunction,
  { prompt = "", system, images }: GenerateRequest,
  call: CallOptions,
): AsyncGenerator<string> {
  throwIfAborted(call.signal);
  const whole = system === undefined ? prompt : `${system}\n\n${prompt}`;
  const answering = Promise.resolve(model(whole, { ...call, ...(images && { images }) }));
  const answer = await unlessAborted(answering, call.signal);
  if (typeof answer === "string") return yield answer;
  if (typeof answer?.[Symbol.asyncIterator] !== "function") throw noText(answer);
  for await (const piece of answer) {
    throwIfAborted(call.signal);
    if (typeof piece !== "string") throw noText(piece);
    yield piece;
  }
}

function noText(value: unknown): PagevecError {
  return new PagevecError("invalid_response", `the model gave ${String(value)} instead of a text`);
}

class LocalStream implements GenerationStream {
  private text = "";
  private readonly read: AsyncGenerator<string>;

  constructor(source: AsyncGenerator<string>) {
    this.read = this.collect(source);
  }

  [Symbol.asyncIterator](): AsyncGenerator<string> {
    return this.read;
  }

  async result(): Promise<Generation> {
    for await (const _ of this.read);
    return { text: this.text };
  }

  private async *collect(source: AsyncGenerator<string>): AsyncGenerator<string> {
    for await (const piece of source) {
      this.text += piece;
      yield piece;
    }
  }
}
