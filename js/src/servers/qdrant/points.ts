import { PagevecError } from "../../errors.js";

/** Of our ids among UUIDs of version 5 (RFC 9562, section 5.5); never another, or ids would change. */
const NAMESPACE = Uint8Array.from(
  "6f1d3c52a4b84e0d9a7ec3b1508f2d46".match(/../g) as string[],
  (hex) => Number.parseInt(hex, 16),
);

/**
 * The ids of points: Qdrant takes numbers and UUIDs alone.
 * @throws unsupported where crypto.subtle is missing: on pages that are not served by https
 */
export async function pointIds(ids: readonly string[]): Promise<string[]> {
  const { subtle } = globalThis.crypto ?? {};
  if (!subtle) {
    throw new PagevecError(
      "unsupported",
      "ids of Qdrant's points need crypto.subtle; serve the page by https",
    );
  }
  const encoder = new TextEncoder();
  return Promise.all(
    ids.map(async (id) => {
      const name = encoder.encode(id);
      const bytes = new Uint8Array(NAMESPACE.length + name.length);
      bytes.set(NAMESPACE);
      bytes.set(name, NAMESPACE.length);
      return toUuid(new Uint8Array(await subtle.digest("SHA-1", bytes), 0, 16));
    }),
  );
}

function toUuid(hash: Uint8Array): string {
  hash[6] = ((hash[6] as number) & 0x0f) | 0x50;
  hash[8] = ((hash[8] as number) & 0x3f) | 0x80;
  const hex = Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(....)(....)(....)/, "$1-$2-$3-$4-");
}
