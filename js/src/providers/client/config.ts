import { PagevecError } from "../../errors.js";
import type { Provider, ProviderOptions } from "./provider.js";

/**
 * Chroma's name of each option that a stored configuration keeps. Never the key: its environment
 * variable's name, under `api_key_env_var`.
 */
export type ConfigKeys<O> = { readonly [name: string]: Exclude<keyof O & string, "apiKey"> };

/** Every provider with a key remembers by which name it is found. */
export const KEY_NAME = { api_key_env_var: "apiKeyName" } as const;

/** What Chroma stores of a function: JSON, unset values left out. */
export function toConfig<O extends ProviderOptions>(
  keys: ConfigKeys<O>,
  options: O,
  provider: Provider,
): Record<string, unknown> {
  const values: O = { ...(provider.keyName && { apiKeyName: provider.keyName }), ...options };
  const config: Record<string, unknown> = {};
  for (const [name, option] of Object.entries(keys)) {
    const value = values[option as keyof O];
    if (value !== undefined && typeof value !== "function") config[name] = value;
  }
  return config;
}

/** The options that a stored configuration stands for; names that we do not know are left out. */
export function fromConfig<O>(keys: ConfigKeys<O>, config: Record<string, unknown>): Partial<O> {
  const options: Record<string, unknown> = {};
  for (const [name, option] of Object.entries(keys)) {
    if (config[name] !== undefined && config[name] !== null) options[option] = config[name];
  }
  return options as Partial<O>;
}

/** @throws invalid_argument when the model would change, as Chroma does */
export function validateUpdate(
  name: string,
  old: Record<string, unknown>,
  update: Record<string, unknown>,
): void {
  for (const key of ["model_name", "model"]) {
    if (key in old && key in update && old[key] !== update[key]) {
      throw new PagevecError(
        "invalid_argument",
        `Model name cannot be updated: ${name} embeds by "${old[key]}", whose vectors cannot be compared with those of "${update[key]}"; make a new collection`,
      );
    }
  }
}
