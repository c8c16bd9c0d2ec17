import { crc32 } from "node:zlib";

// Frames of application/vnd.amazon.eventstream, by Node's own CRC-32.

/** A header by its type and its value's bytes; a text is of type 7. */
export type FrameHeader = string | { type: number; value: Uint8Array };

export function frame(headers: Record<string, FrameHeader>, payload: unknown): Buffer {
  const head = Buffer.concat(Object.entries(headers).map(([name, value]) => header(name, value)));
  const body = Buffer.from(typeof payload === "string" ? payload : JSON.stringify(payload));
  const prelude = Buffer.alloc(8);
  prelude.writeUInt32BE(16 + head.length + body.length, 0);
  prelude.writeUInt32BE(head.length, 4);
  const start = Buffer.concat([prelude, checksum(prelude), head, body]);
  return Buffer.concat([start, checksum(start)]);
}

export function event(type: string, payload: unknown): Buffer {
  const kind = { ":event-type": type, ":message-type": "event" };
  return frame({ ...kind, ":content-type": "application/json" }, payload);
}

/** An event of a model as InvokeModelWithResponseStream wraps it. */
export function chunk(value: unknown): Buffer {
  return event("chunk", { bytes: Buffer.from(JSON.stringify(value)).toString("base64"), p: "abc" });
}

export function exception(type: string, payload: unknown): Buffer {
  return frame({ ":exception-type": type, ":message-type": "exception" }, payload);
}

export function checksum(bytes: Buffer): Buffer {
  const result = Buffer.alloc(4);
  result.writeUInt32BE(crc32(bytes));
  return result;
}

function header(name: string, value: FrameHeader): Buffer {
  const { type, value: bytes } =
    typeof value === "string" ? { type: 7, value: sized(value) } : value;
  return Buffer.concat([Buffer.from([name.length]), Buffer.from(name), Buffer.from([type]), bytes]);
}

/** With the length in front, as types 6 and 7 have it. */
function sized(text: string): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(Buffer.byteLength(text));
  return Buffer.concat([length, Buffer.from(text)]);
}
