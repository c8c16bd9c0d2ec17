import type { Generator } from "../types/generator.js";
import { chatGenerator } from "./client/chat.js";
import type { GeneratorOptions } from "./client/generation.js";
import type { Provider } from "./client/provider.js";

/** https://friendli.ai/docs */
export const FRIENDLIAI: Provider = {
  name: "friendliai",
  title: "FriendliAI",
  keyName: "FRIENDLI_TOKEN",
  baseURL: "https://inference.friendli.ai/v1",
  fromPage: "whether FriendliAI answers pages is not known; set proxyURL to a server of yours.",
  generates: { model: "meta-llama-3.1-70b-instruct" },
};

/** Chat completions by FriendliAI. */
export function friendliAIGenerator(options: GeneratorOptions = {}): Generator {
  return chatGenerator(FRIENDLIAI, options, { body: ({ topK }) => ({ top_k: topK }) });
}
