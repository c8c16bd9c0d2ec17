import { PagevecError, throwIfAborted } from "../../errors.js";
import { neededRegion, type Pixels, resizeAndCrop } from "./resample.js";
import { type ImageSource, isBitmap, isPixels } from "./source.js";

/**
 * The square in the middle of a picture, its shorter edge resized to `size` (see resizeAndCrop).
 * Orientation tags are followed, color profiles are not, as in Python's PIL. Alpha is dropped; where
 * a picture is fully transparent the browser's canvas gives black.
 * @returns size x size x 3 values from 0 to 255.
 * @throws invalid_argument for what is no picture; network, not_found for an address;
 *   limit_exceeded for a picture that is too large for a canvas; unsupported where files cannot be
 *   decoded (Node; give pixels); aborted.
 */
export async function squareOf(
  source: ImageSource,
  size: number,
  signal: AbortSignal,
): Promise<Uint8Array> {
  if (isPixels(source)) return squareOfPixels(source, size);
  if (isBitmap(source)) return squareOfBitmap(source, size);
  const file = source instanceof Blob ? source : await fetchImage(String(source), signal);
  const bitmap = await decode(file);
  try {
    throwIfAborted(signal);
    return squareOfBitmap(bitmap, size);
  } finally {
    bitmap.close();
  }
}

function squareOfPixels(pixels: Pixels, size: number): Uint8Array {
  const { width, height } = pixels;
  if (!(width > 0 && height > 0) || pixels.data.length !== width * height * 4) {
    throw new PagevecError(
      "invalid_argument",
      `an image of ${width} x ${height} pixels has ${pixels.data.length} values; expected 4 a pixel`,
    );
  }
  return resizeAndCrop(pixels, { left: 0, top: 0, width, height }, width, height, size);
}

function squareOfBitmap(bitmap: ImageBitmap, size: number): Uint8Array {
  const { width, height } = bitmap;
  if (width === 0 || height === 0) {
    throw new PagevecError("invalid_argument", "an image has no pixels, or was closed");
  }
  // Only what is needed: of a panorama, little more than a square.
  const region = neededRegion(width, height, size);
  try {
    const canvas = new OffscreenCanvas(region.width, region.height);
    const context = canvas.getContext("2d", { willReadFrequently: true });
    if (!context) throw new Error("no canvas of that size");
    context.drawImage(bitmap, -region.left, -region.top);
    const part = context.getImageData(0, 0, region.width, region.height);
    return resizeAndCrop(part, region, width, height, size);
  } catch (cause) {
    throw new PagevecError(
      "limit_exceeded",
      `an image of ${width} x ${height} pixels cannot be read (${cause}); make it smaller`,
      { cause },
    );
  }
}

async function decode(file: Blob): Promise<ImageBitmap> {
  if (typeof createImageBitmap !== "function" || typeof OffscreenCanvas !== "function") {
    throw new PagevecError(
      "unsupported",
      "image files cannot be decoded here; give { width, height, data } with RGBA pixels",
    );
  }
  try {
    return await createImageBitmap(file, {
      colorSpaceConversion: "none",
      premultiplyAlpha: "none",
    });
  } catch (cause) {
    throw new PagevecError(
      "invalid_argument",
      `an image of ${file.size} bytes (${file.type || "no type"}) cannot be decoded: ${cause}`,
      { cause },
    );
  }
}

/** Without fetch, which many a Content-Security-Policy forbids for data: URLs. */
function decodeDataUrl(address: string): Blob {
  const [, type, base64, data] = /^data:([^;,]*)[^,]*?(;base64)?,(.*)$/is.exec(address) ?? [];
  try {
    const text = decodeURIComponent(data as string);
    const bytes = base64
      ? Uint8Array.from(atob(text), (char) => char.charCodeAt(0))
      : new TextEncoder().encode(text);
    return new Blob([bytes], { type: type as string });
  } catch (cause) {
    const message = `the data URL ${address.slice(0, 60)}... cannot be read: ${cause}`;
    throw new PagevecError("invalid_argument", message, { cause });
  }
}

async function fetchImage(address: string, signal: AbortSignal): Promise<Blob> {
  if (/^data:/i.test(address)) return decodeDataUrl(address);
  const shown = address.length > 100 ? `${address.slice(0, 100)}...` : address;
  let response: Response;
  try {
    response = await fetch(address, { signal });
    if (response.ok) return await response.blob();
  } catch (cause) {
    throwIfAborted(signal);
    const message = `the image ${shown} cannot be loaded (no network, or no CORS headers)`;
    throw new PagevecError("network", message, { cause });
  }
  const code = response.status === 404 || response.status === 410 ? "not_found" : "network";
  throw new PagevecError(code, `the image ${shown} answered ${response.status}`);
}
