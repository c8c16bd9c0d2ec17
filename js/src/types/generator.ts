import type { CallOptions } from "../types.js";
import type { Media } from "./media.js";

/** A part of a message. */
export type MessagePart = { type: "text"; text: string } | { type: "image"; image: Media };

export interface Message {
  role: "system" | "user" | "assistant";
  content: string | MessagePart[];
}

/** How a model answers. What is not given is the model's own default. */
export interface ModelSettings {
  model?: string;
  /** 0 gives the likeliest answer, larger ones more variety. */
  temperature?: number;
  /** The longest answer, in tokens. */
  maxTokens?: number;
  topP?: number;
  topK?: number;
  frequencyPenalty?: number;
  presencePenalty?: number;
  /** The answer ends before one of these. */
  stop?: string[];
}

/** What to answer: either one prompt, with images, or a conversation. */
export interface GenerateRequest extends ModelSettings {
  prompt?: string;
  images?: Media[];
  messages?: Message[];
  /** What the model is told before everything else. */
  system?: string;
}

export interface TokenUsage {
  input?: number;
  output?: number;
}

export interface Generation {
  text: string;
  /** In the model's words, e.g. "stop", "end_turn", "length". */
  finishReason?: string;
  usage?: TokenUsage;
}

/** An answer while it is being written: `for await` gives its pieces. */
export interface GenerationStream extends AsyncIterable<string> {
  /** The whole answer; what was not read yet is read. Rejects as the iteration does. */
  result(): Promise<Generation>;
}

/** A language model. */
export interface Generator {
  readonly name: string;
  /** @throws provider_failed, also for an answer that the service withheld */
  generate(request: GenerateRequest, options?: CallOptions): Promise<Generation>;
  /** The request is sent when the first piece is asked for. Leaving the loop ends it. */
  stream(request: GenerateRequest, options?: CallOptions): GenerationStream;
}
