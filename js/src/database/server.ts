import type { Engine } from "../engine/protocol.js";
import type { Capabilities } from "../types/capabilities.js";
import type { CallOptions } from "../types.js";
import type { DatabaseMethods } from "./methods.js";

/** A system elsewhere that keeps and searches collections in the place of the core: pagevec/servers/*. */
export interface ServerEngine {
  /** "chroma", ... */
  readonly name: string;
  readonly capabilities: Capabilities;
  /** @internal Asks whether it is there. @throws network, unauthorized, unsupported, provider_failed */
  connect(call: CallOptions): Promise<Engine<DatabaseMethods>>;
}
