import { PagevecError } from "../../errors.js";
import type { Media } from "../../types/media.js";

/** A file as services take it. */
export interface Encoded {
  /** Without a data: prefix. */
  base64: string;
  /** E.g. "image/png"; by the file's first bytes where nothing else says it. */
  mediaType: string;
}

const DATA_URL = /^data:([^;,]*)(;[^,]*)?,/;
/** How files begin, in base64; ISO 14496-12 puts "ftyp" at byte 4. */
const SIGNATURES: readonly [RegExp, string][] = [
  [/^iVBORw0KGgo/, "image/png"],
  [/^\/9j\//, "image/jpeg"],
  [/^R0lGOD/, "image/gif"],
  [/^UklGR.{6}[A-Za-z0-9+/]{1,4}V0VCU/, "image/webp"],
  [/^UklGR/, "audio/wav"],
  [/^(SUQz|\/\/[tus])/, "audio/mpeg"],
  [/^.{5}[GWm]Z0/, "video/mp4"],
];

/** Whether a source is an address that a service would have to fetch itself. */
export function isAddress(source: Media): boolean {
  return typeof source === "string" && /^https?:/.test(source);
}

/**
 * @param place names the source in messages.
 * @param unknown the media type of a file that shows none.
 * @throws invalid_argument for what is no file, and for an address
 */
export async function encodeMedia(
  source: Media,
  place: string,
  unknown = "application/octet-stream",
): Promise<Encoded> {
  if (typeof source === "string") return fromText(source, place, unknown);
  if (typeof ImageBitmap === "function" && source instanceof ImageBitmap) {
    return encodeMedia(await drawn(source), place);
  }
  const blob = typeof Blob === "function" && source instanceof Blob ? source : undefined;
  const bytes = blob ? await blob.arrayBuffer() : source;
  if (!(ArrayBuffer.isView(bytes) || isBuffer(bytes))) {
    throw unfit(place, Object.prototype.toString.call(source));
  }
  const base64 = toBase64(bytes as Uint8Array | ArrayBuffer);
  return { base64, mediaType: blob?.type || mediaTypeOf(base64, unknown) };
}

/** `data:<media type>;base64,<base64>`; an address stays what it is. */
export async function toDataURL(source: Media, place: string): Promise<string> {
  if (typeof source === "string" && (isAddress(source) || DATA_URL.test(source))) return source;
  return fileDataURL(source, place);
}

/** As toDataURL(), for services that fetch no addresses: they are refused. */
export async function fileDataURL(source: Media, place: string): Promise<string> {
  const { base64, mediaType } = await encodeMedia(source, place);
  return `data:${mediaType};base64,${base64}`;
}

function fromText(text: string, place: string, unknown: string): Encoded {
  if (isAddress(text)) {
    throw unfit(place, "an address, which this model does not fetch");
  }
  const prefix = DATA_URL.exec(text);
  const base64 = prefix ? text.slice(prefix[0].length) : text;
  if ((prefix && !/;base64$/.test(prefix[2] ?? "")) || !/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) {
    throw unfit(place, "a text that is no base64");
  }
  return { base64, mediaType: prefix?.[1] || mediaTypeOf(base64, unknown) };
}

function mediaTypeOf(base64: string, unknown: string): string {
  const found = SIGNATURES.find(([pattern]) => pattern.test(base64));
  return found?.[1] ?? unknown;
}

async function drawn(bitmap: ImageBitmap): Promise<Blob> {
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  canvas.getContext("2d")?.drawImage(bitmap, 0, 0);
  return canvas.convertToBlob({ type: "image/png" });
}

/** By its name: a buffer of another window is no ArrayBuffer here. */
function isBuffer(value: unknown): value is ArrayBuffer {
  return Object.prototype.toString.call(value) === "[object ArrayBuffer]";
}

export function toBase64(source: ArrayBufferView | ArrayBuffer): string {
  const bytes = ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
    : new Uint8Array(source);
  let text = "";
  // As arguments of one call; more of them overflow the stack.
  for (let i = 0; i < bytes.length; i += 8192) {
    text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  }
  return btoa(text);
}

function unfit(place: string, what: string): PagevecError {
  return new PagevecError(
    "invalid_argument",
    `${place} is ${what}; give a Blob, File, ImageBitmap, bytes, base64 or a data: URL`,
  );
}
