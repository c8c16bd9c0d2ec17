import { PagevecError } from "../../errors.js";
import { badAnswer, excerpt, fields, parsed } from "./failure.js";
import type { Provider } from "./provider.js";

// application/vnd.amazon.eventstream:
// https://smithy.io/2.0/aws/amazon-eventstream.html
//
//   u32 total length, u32 length of the headers, u32 CRC-32 of these 8 bytes,
//   headers: u8 length of the name, name, u8 type, value; ...
//   payload, u32 CRC-32 of everything before. Numbers are big-endian.

const PRELUDE = 12;
const CRC = 4;
/** Bytes of a header's value by its type: true, false, byte, short, int, long; 6 and 7 say theirs. */
const FIXED_SIZES = [0, 0, 1, 2, 4, 8, undefined, undefined, 8, 16];
const STRING = 7;

export interface AwsEvent {
  type: string;
  /** JSON. */
  value: unknown;
}

/**
 * The events of a stream whose bytes come in any pieces.
 * @throws provider_failed and rate_limited for an exception in the stream, invalid_response for a
 *   frame that is damaged or incomplete
 */
export async function* awsEvents(
  provider: Provider,
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<AwsEvent> {
  let rest = new Uint8Array();
  for await (const piece of pieces) {
    rest = joined(rest, piece);
    for (let length = frameLength(provider, rest); length !== undefined; ) {
      yield readFrame(provider, rest.subarray(0, length));
      rest = rest.subarray(length);
      length = frameLength(provider, rest);
    }
  }
  if (rest.length) throw badAnswer(provider, "a stream that ends within a frame");
}

/** The first frame's length once all of it is there. */
function frameLength(provider: Provider, bytes: Uint8Array): number | undefined {
  if (bytes.length < PRELUDE) return undefined;
  const view = viewOf(bytes);
  // First: a damaged length would be waited for.
  if (crc32(bytes.subarray(0, 8)) !== view.getUint32(8)) {
    throw badAnswer(provider, "a frame whose prelude has a wrong checksum");
  }
  const length = view.getUint32(0);
  if (length < PRELUDE + view.getUint32(4) + CRC) {
    throw badAnswer(provider, `a frame of ${length} bytes, too short for its headers`);
  }
  return bytes.length < length ? undefined : length;
}

function readFrame(provider: Provider, frame: Uint8Array): AwsEvent {
  const view = viewOf(frame);
  const end = frame.length - CRC;
  if (crc32(frame.subarray(0, end)) !== view.getUint32(end)) {
    throw badAnswer(provider, "a frame with a wrong checksum");
  }
  const headersEnd = PRELUDE + view.getUint32(4);
  const headers = readHeaders(provider, frame.subarray(PRELUDE, headersEnd));
  const text = new TextDecoder().decode(frame.subarray(headersEnd, end));
  const kind = headers[":message-type"];
  if (kind !== "event") throw exceptionOf(provider, headers, text);
  const value = parsed(text);
  if (value === undefined) throw badAnswer(provider, `an event that is no JSON: ${excerpt(text)}`);
  return { type: headers[":event-type"] ?? "", value };
}

/** Those that are strings; the services use no others. */
function readHeaders(provider: Provider, bytes: Uint8Array): Record<string, string> {
  const view = viewOf(bytes);
  const decoder = new TextDecoder();
  const headers: Record<string, string> = {};
  try {
    for (let at = 0; at < bytes.length; ) {
      const nameEnd = at + 1 + view.getUint8(at);
      const name = decoder.decode(bytes.subarray(at + 1, nameEnd));
      const type = view.getUint8(nameEnd);
      const fixed = FIXED_SIZES[type];
      const begin = nameEnd + (fixed === undefined ? 3 : 1);
      at = begin + (fixed ?? view.getUint16(nameEnd + 1));
      if (at > bytes.length || type >= FIXED_SIZES.length) throw new RangeError();
      if (type === STRING) headers[name] = decoder.decode(bytes.subarray(begin, at));
    }
  } catch {
    throw badAnswer(provider, "a frame whose headers cannot be read");
  }
  return headers;
}

/** An exception of the service's interface, or an error outside of it. */
function exceptionOf(
  provider: Provider,
  headers: Record<string, string>,
  text: string,
): PagevecError {
  const type = headers[":exception-type"] ?? headers[":error-code"];
  const { message = headers[":error-message"], Message = message } = fields(parsed(text));
  const said = typeof Message === "string" ? Message : excerpt(text);
  const throttled = /throttl/i.test(type ?? "");
  return new PagevecError(
    throttled ? "rate_limited" : "provider_failed",
    `${provider.name} failed: ${said}`,
    {
      provider: {
        provider: provider.name,
        status: 200,
        ...(type !== undefined && { type }),
        retryable: throttled || /internal|unavailable|timeout|stream/i.test(type ?? ""),
      },
    },
  );
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** ISO 3309, bit by bit: frames are short. */
export function crc32(bytes: Uint8Array): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}
