import * as fs from "node:fs";
import { join } from "node:path";

/** Where journals go that were read up to a damage, until their collection is deleted. */
const ASIDE = "aside";

const ownNames = (id: string) => `${encodeURIComponent(id)}.`;

/** Keeps what cannot be read of a collection's journal, or is not to be. */
export function keepAside(path: string, id: string, bytes: Uint8Array): void {
  const folder = join(path, ASIDE);
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(join(folder, ownNames(id) + Date.now()), bytes, { flush: true });
}

export function dropAside(path: string, id: string): void {
  const folder = join(path, ASIDE);
  if (!fs.existsSync(folder)) return;
  for (const name of fs.readdirSync(folder)) {
    if (name.startsWith(ownNames(id))) fs.rmSync(join(folder, name));
  }
}
