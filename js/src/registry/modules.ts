import { PagevecError } from "../errors.js";
import type { ProviderOptions } from "../providers/client/provider.js";
import type { Generator } from "../types/generator.js";
import type { MediaEmbeddingFunction } from "../types/media.js";
import type { Reranker } from "../types/reranker.js";
import type { EmbeddingFunction } from "../types.js";
import { GENERATORS } from "./module-generators.js";
import { RERANKERS } from "./module-rerankers.js";
import type { HeaderReader, Module, Settings } from "./module-settings.js";
import { VECTORIZERS } from "./module-vectorizers.js";

export interface ModulesOptions
  extends Omit<ProviderOptions, "apiKey" | "apiKeyName" | "baseURL" | "headers"> {
  /** As Weaviate's ENABLE_API_BASED_MODULES: every module of a service that is reached by a key. */
  enableApiBasedModules?: boolean;
  /** As Weaviate's ENABLE_MODULES: modules by name besides, e.g. those of containers. */
  enableModules?: string[];
  /**
   * Keys and addresses as Weaviate's clients send them, e.g. { "X-OpenAI-Api-Key": key }, or a
   * function that is asked for them when a module is opened. They are stored nowhere.
   */
  headers?: Record<string, string> | (() => Record<string, string>);
  /** Sent to the services besides. */
  requestHeaders?: Record<string, string>;
}

/**
 * Weaviate's modules by their names, with the settings that its schemas have. A module's code is
 * loaded when it is opened.
 */
export class Modules {
  private readonly enabled: Set<string>;

  /** @throws not_found for the name of no module */
  constructor(private readonly options: ModulesOptions = {}) {
    const { enableApiBasedModules, enableModules = [] } = options;
    for (const name of enableModules) findModule(name);
    const api = enableApiBasedModules
      ? Object.entries(ALL).flatMap(([name, module]) => (module.local ? [] : [name]))
      : [];
    this.enabled = new Set([...api, ...enableModules]);
  }

  /** The names of the enabled modules. */
  list(): string[] {
    return [...this.enabled].sort();
  }

  /** text2vec-* and multi2vec-*; throws as open() does. */
  vectorizer(
    name: string,
    settings: Settings = {},
  ): Promise<EmbeddingFunction | MediaEmbeddingFunction> {
    return this.open(VECTORIZERS, name, settings);
  }

  /** reranker-* */
  reranker(name: string, settings: Settings = {}): Promise<Reranker> {
    return this.open(RERANKERS, name, settings);
  }

  /** generative-* */
  generator(name: string, settings: Settings = {}): Promise<Generator> {
    return this.open(GENERATORS, name, settings);
  }

  /** @throws not_found for an unknown name; unsupported for a module that is not enabled */
  private async open<T>(
    modules: Record<string, Module<T>>,
    name: string,
    settings: Settings,
  ): Promise<T> {
    const module = modules[name];
    if (!module) throw unknownModule(name, Object.keys(modules));
    if (!this.enabled.has(name)) {
      const how = module.local ? `enableModules: ["${name}"]` : "enableApiBasedModules: true";
      throw new PagevecError("unsupported", `the module "${name}" is not enabled; pass ${how}`);
    }
    const header = this.headerReader();
    const { enableApiBasedModules, enableModules, headers, requestHeaders, ...shared } =
      this.options;
    const { keys = [] } = module;
    const names = typeof keys === "function" ? keys(settings, header) : keys;
    const apiKey = names.map(header).find(Boolean);
    const options: ProviderOptions = {
      ...shared,
      ...(requestHeaders && { headers: requestHeaders }),
      ...(apiKey && { apiKey }),
    };
    return module.open(settings, options, header);
  }

  /** Header names do not mind case. */
  private headerReader(): HeaderReader {
    const { headers = {} } = this.options;
    const given = typeof headers === "function" ? headers() : headers;
    const lower = Object.entries(given).map(([name, value]) => [name.toLowerCase(), value]);
    const byName: Record<string, string> = Object.fromEntries(lower);
    return (name) => byName[name.toLowerCase()];
  }
}

const ALL: Record<string, Module<unknown>> = { ...VECTORIZERS, ...RERANKERS, ...GENERATORS };

function findModule(name: string): Module<unknown> {
  const module = ALL[name];
  if (!module) throw unknownModule(name, Object.keys(ALL));
  return module;
}

function unknownModule(name: string, known: string[]): PagevecError {
  return new PagevecError("not_found", `there is no module "${name}"; known: ${known.join(", ")}`);
}
