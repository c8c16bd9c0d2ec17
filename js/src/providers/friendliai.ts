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

/** The service wants one. */
const MAX_TOKENS = 2048;

/** Chat completions by FriendliAI. `maxTokens` is 2048 unless it is given. */
export function friendliAIGenerator(options: GeneratorOptions = {}): Generator {
  return chatGenerator(FRIENDLIAI, options, {
    body: ({ topK, maxTokens = MAX_TOKENS }) => ({ top_k: topK, max_tokens: maxTokens }),
  });
}
