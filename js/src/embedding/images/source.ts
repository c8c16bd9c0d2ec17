import { PagevecError } from "../../errors.js";
import type { Pixels } from "./resample.js";

/**
 * A picture: a file's bytes, pixels, or the address of a file (also a data: URL), which needs CORS
 * headers when it is another origin's.
 */
export type ImageSource = Blob | ImageBitmap | ImageData | Pixels | string | URL;

const WHAT_FITS = "give a Blob, File, ImageBitmap, ImageData or the URL of an image";

/** @throws invalid_argument for a value that is no picture. `place` names it in the message. */
export function checkImage(source: unknown, place: string): void {
  const ok =
    typeof source === "string" ||
    source instanceof URL ||
    (typeof Blob === "function" && source instanceof Blob) ||
    isBitmap(source) ||
    isPixels(source);
  if (ok) return;
  throw new PagevecError("invalid_argument", `${place} is ${describe(source)}; ${WHAT_FITS}`);
}

export function isBitmap(source: unknown): source is ImageBitmap {
  return typeof ImageBitmap === "function" && source instanceof ImageBitmap;
}

/** By its shape: ImageData of another window is no ImageData here, and Node has none. */
export function isPixels(source: unknown): source is Pixels {
  const { width, height, data } = (source ?? {}) as Partial<Pixels>;
  return typeof width === "number" && typeof height === "number" && ArrayBuffer.isView(data);
}

function describe(value: unknown): string {
  return typeof value === "object" ? Object.prototype.toString.call(value) : typeof value;
}
