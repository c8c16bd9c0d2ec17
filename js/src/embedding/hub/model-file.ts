import { PagevecError } from "../../errors.js";
import type { Json } from "./json.js";
import type { HubModel } from "./layout.js";

const MAGIC = 0x4d56_5650; // "PVVM"
const VERSION = 1;
/** Of docs/model-format.md, in bytes. */
const AT = {
  version: 4,
  hidden: 20,
  heads: 24,
  positions: 36,
  maxTokens: 44,
  pooling: 48,
  flags: 52,
  epsilon: 56,
  labels: 60,
  info: { offset: 72, length: 80 },
  sections: 88,
} as const;
const NORMALIZED = 1;
const LOWERCASE = 2;

/**
 * What a .pvm file says of its model. Its checksums are compared by the core, which opens it.
 * @throws corrupt for what is no such file; format_too_new
 */
export function readModelFile(file: Uint8Array): Pick<HubModel, "spec" | "positions"> {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.byteLength < AT.sections || view.getUint32(0, true) !== MAGIC) {
    throw new PagevecError("corrupt", "what came is no .pvm file");
  }
  const version = view.getUint16(AT.version, true);
  if (version > VERSION) {
    throw new PagevecError(
      "format_too_new",
      `the .pvm file has version ${version}; update pagevec`,
    );
  }
  const number = (at: number) => view.getUint32(at, true);
  const { space, prefixes } = infoOf(file, view);
  const flags = number(AT.flags);
  return {
    spec: {
      licence: "",
      architecture: {
        heads: number(AT.heads),
        layerNormEpsilon: view.getFloat32(AT.epsilon, true),
      },
      dimensions: number(AT.labels) || number(AT.hidden),
      maxTokens: number(AT.maxTokens),
      pooling: number(AT.pooling) === 0 ? "mean" : "cls",
      normalize: (flags & NORMALIZED) !== 0,
      space: space ?? "cosine",
      prefixes: prefixes ?? { query: "", document: "" },
      tokenizer: { type: "wordpiece", file: "vocab", lowercase: (flags & LOWERCASE) !== 0 },
    },
    positions: number(AT.positions),
  };
}

function infoOf(file: Uint8Array, view: DataView): Pick<HubModel["spec"], "space" | "prefixes"> {
  const begin = Number(view.getBigUint64(AT.info.offset, true));
  const end = begin + Number(view.getBigUint64(AT.info.length, true));
  try {
    const info: Json = JSON.parse(new TextDecoder().decode(file.subarray(begin, end)));
    return info as unknown as Pick<HubModel["spec"], "space" | "prefixes">;
  } catch (cause) {
    throw new PagevecError("corrupt", "the .pvm file does not say what it is of", { cause });
  }
}
