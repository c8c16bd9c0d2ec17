import { PagevecError } from "../../errors.js";
import { fields } from "./failure.js";
import type { Provider, ProviderOptions } from "./provider.js";

/**
 * Chroma's name of each option that a stored configuration keeps; "a.b" is b in the object a. Never the key: its environment
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
    if (value === undefined || typeof value === "function") continue;
    const [group, inner] = name.split(".") as [string, string?];
    config[group] = inner === undefined ? value : { ...Object(config[group]), [inner]: value };
  }
  return config;
}

/** The options that a stored configuration stands for; names that we do not know are left out. */
export function fromConfig<O>(keys: ConfigKeys<O>, config: Record<string, unknown>): Partial<O> {
  const options: Record<string, unknown> = {};
  for (const [name, option] of Object.entries(keys)) {
    const [group, inner] = name.split(".") as [string, string?];
    const value = inner === undefined ? config[group] : fields(config[group])[inner];
    if (value !== undefined && value !== null) options[option] = value;
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
