import { PagevecError } from "../../errors.js";
import type { Bytes } from "../../models/cache.js";
import type { Tensor } from "./dense-weights.js";

/**
 * The float32 tensors of a file that torch.save() wrote of a state_dict (pytorch_model.bin): a zip
 * archive of stored entries, `*` + "/data.pkl", a pickle that names the tensors, and "/data/KEY", their
 * values (torch/serialization.py). Nothing of the pickle is run: three globals are understood.
 * @throws corrupt; unsupported for files of before PyTorch 1.6 and tensors other than float32.
 */
export function readTorchFile(file: Bytes): Map<string, Tensor> {
  try {
    const entries = readZip(file);
    const name = [...entries.keys()].find((entry) => entry.endsWith("/data.pkl")) ?? "";
    const root = new Unpickler(entries.get(name) ?? new Uint8Array(0)).run();
    if (!(root instanceof Map)) throw new RangeError("it holds no state_dict");
    const folder = name.slice(0, -"data.pkl".length);
    const tensors = new Map<string, Tensor>();
    for (const [key, value] of root) tensors.set(String(key), tensorOf(value, entries, folder));
    return tensors;
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new PagevecError(
      "corrupt",
      `a Dense module's file is no file of PyTorch: ${cause.message}`,
      { cause },
    );
  }
}

const END_OF_DIRECTORY = 0x06054b50;
const END_BYTES = 22;
const ENTRY_BYTES = 46;
const HEADER_BYTES = 30;

/** APPNOTE.TXT of zip, sections 4.3.7, 4.3.12 and 4.3.16. Reads past the end throw RangeError. */
function readZip(file: Bytes): Map<string, Uint8Array> {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  let end = file.length - END_BYTES;
  while (end >= 0 && view.getUint32(end, true) !== END_OF_DIRECTORY) end--;
  if (end < 0) {
    throw new PagevecError(
      "unsupported",
      "a Dense module's file is no zip archive, as PyTorch writes it from 1.6 on; save it as model.safetensors",
    );
  }
  const entries = new Map<string, Uint8Array>();
  let at = view.getUint32(end + 16, true);
  for (let count = view.getUint16(end + 10, true); count > 0; count--) {
    const bytes = view.getUint32(at + 24, true);
    const nameBytes = view.getUint16(at + 28, true);
    const name = new TextDecoder().decode(
      file.subarray(at + ENTRY_BYTES, at + ENTRY_BYTES + nameBytes),
    );
    const header = view.getUint32(at + 42, true);
    if (view.getUint16(at + 10, true) !== 0) throw new RangeError(`${name} is compressed`);
    // The local header's extra field is another: it pads the data.
    const begin =
      header + HEADER_BYTES + view.getUint16(header + 26, true) + view.getUint16(header + 28, true);
    entries.set(name, file.subarray(begin, begin + bytes));
    at += ENTRY_BYTES + nameBytes + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return entries;
}

/** A class or function that a pickle names. */
class Global {
  constructor(readonly name: string) {}
}

/** What _rebuild_tensor_v2 is called with: storage, offset, shape, strides, ... */
class TensorCall {
  constructor(readonly args: readonly unknown[]) {}
}

function tensorOf(value: unknown, entries: Map<string, Uint8Array>, folder: string): Tensor {
  if (!(value instanceof TensorCall)) throw new RangeError("it holds something other than tensors");
  const [storage, offset, shape, strides] = value.args as [unknown[], number, number[], number[]];
  const [, type, key] = storage as [string, Global, string];
  if (type.name !== "torch FloatStorage") {
    throw new PagevecError(
      "unsupported",
      `a Dense module's weights are ${type.name}; expected float32`,
    );
  }
  // Row by row, without gaps.
  let count = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    if (strides[i] !== count) throw new RangeError("a tensor is not stored row by row");
    count *= shape[i] as number;
  }
  const data = entries.get(`${folder}data/${key}`);
  if (!data) throw new RangeError(`it has no values ${key}`);
  return { shape, bytes: data.subarray(offset * 4, (offset + count) * 4) };
}

/** The opcodes of protocol 2 (pickletools.py) that a state_dict needs. */
class Unpickler {
  private readonly view: DataView;
  private readonly memo = new Map<number, unknown>();
  private readonly marks: number[] = [];
  private stack: unknown[] = [];
  private at = 0;

  constructor(private readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  run(): unknown {
    for (;;) {
      const opcode = String.fromCharCode(this.byte());
      if (opcode === ".") return this.stack.pop();
      const push = this.values[opcode];
      if (push) this.stack.push(push());
      else if (!this.change(opcode)) {
        throw new RangeError(`its pickle has the opcode ${JSON.stringify(opcode)}`);
      }
    }
  }

  /** Opcodes that push a value. */
  private readonly values: Record<string, () => unknown> = {
    c: () => new Global(`${this.line()} ${this.line()}`),
    X: () => this.text(this.uint32()),
    K: () => this.byte(),
    M: () => this.byte() + this.byte() * 256,
    J: () => this.uint32() | 0,
    "\x88": () => true,
    "\x89": () => false,
    N: () => null,
    "}": () => new Map(),
    ")": () => [],
    h: () => this.memo.get(this.byte()),
    j: () => this.memo.get(this.uint32()),
    t: () => this.stack.splice(this.marks.pop() ?? 0),
    "\x85": () => this.stack.splice(-1),
    "\x86": () => this.stack.splice(-2),
    "\x87": () => this.stack.splice(-3),
    // The storage's description stands for it.
    Q: () => this.stack.pop(),
    R: () => reduce(this.stack.splice(-2)),
  };

  /** Opcodes that change what is there; false for one that is unknown. */
  private change(opcode: string): boolean {
    const top = () => this.stack.at(-1);
    if (opcode === "\x80") this.byte();
    else if (opcode === "(") this.marks.push(this.stack.length);
    else if (opcode === "q") this.memo.set(this.byte(), top());
    else if (opcode === "r") this.memo.set(this.uint32(), top());
    else if (opcode === "b") this.stack.pop();
    else if (opcode === "s" || opcode === "u") {
      const items = this.stack.splice(opcode === "s" ? -2 : (this.marks.pop() ?? 0));
      const map = top();
      if (!(map instanceof Map)) throw new RangeError("it sets items of no dict");
      for (let i = 0; i + 1 < items.length; i += 2) map.set(items[i], items[i + 1]);
    } else return false;
    return true;
  }

  private byte(): number {
    return this.view.getUint8(this.at++);
  }

  private uint32(): number {
    this.at += 4;
    return this.view.getUint32(this.at - 4, true);
  }

  private text(length: number): string {
    this.at += length;
    return new TextDecoder().decode(this.bytes.subarray(this.at - length, this.at));
  }

  private line(): string {
    const begin = this.at;
    while (this.byte() !== 0x0a);
    return new TextDecoder().decode(this.bytes.subarray(begin, this.at - 1));
  }
}

function reduce([callee, args]: unknown[]): unknown {
  const name = callee instanceof Global ? callee.name : "";
  if (name === "collections OrderedDict") return new Map();
  if (name === "torch._utils _rebuild_tensor_v2") return new TensorCall(args as unknown[]);
  // A parameter is its tensor.
  if (name === "torch._utils _rebuild_parameter") return (args as unknown[])[0];
  throw new RangeError(`its pickle calls ${name}`);
}
