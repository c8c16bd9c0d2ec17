import { PagevecError } from "../errors.js";
import type { Generator } from "../types/generator.js";
import type { EmbeddingOptions, RemoteEmbeddingFunction } from "./client/embedding.js";
import type { GeneratorOptions } from "./client/generation.js";
import type { Provider } from "./client/provider.js";

/** Collections may still name it. */
export const OCTOAI: Provider = {
  name: "octoai",
  title: "OctoAI",
  fromPage: "OctoAI is permanently shut down.",
};

/** @throws unsupported, always */
export function octoAIEmbedding(_options: EmbeddingOptions = {}): RemoteEmbeddingFunction {
  throw shutDown();
}

/** @throws unsupported, always */
export function octoAIGenerator(_options: GeneratorOptions = {}): Generator {
  throw shutDown();
}

function shutDown(): PagevecError {
  const { name } = OCTOAI;
  return new PagevecError("unsupported", "OctoAI is permanently shut down; use another provider", {
    provider: { provider: name, retryable: false },
  });
}
