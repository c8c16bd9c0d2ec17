import type { Generator } from "../types/generator.js";
import { chatGenerator } from "./client/chat.js";
import type { GeneratorOptions } from "./client/generation.js";
import type { Provider } from "./client/provider.js";

/**
 * https://docs.anyscale.com. Since August 2024 there is only the hosted platform, where everyone has an
 * address of their own: baseURL is the usual way to use it.
 */
export const ANYSCALE: Provider = {
  name: "anyscale",
  title: "Anyscale",
  keyName: "ANYSCALE_API_KEY",
  baseURL: "https://api.endpoints.anyscale.com/v1",
  fromPage: "whether your service on Anyscale answers pages is up to it; or set proxyURL.",
  generates: { model: "meta-llama/Llama-2-70b-chat-hf" },
};

/** What Anyscale's models are told first when nothing else is. */
const SYSTEM = "You are a helpful assistant.";

/** Chat completions by a service on Anyscale. */
export function anyscaleGenerator(options: GeneratorOptions = {}): Generator {
  return chatGenerator(ANYSCALE, options, { system: SYSTEM });
}
