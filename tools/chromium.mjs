import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

export const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/**
 * Headless Chromium with an empty profile of its own. CHROMIUM names the binary (default
 * /usr/bin/chromium). close() ends the browser and removes the profile, after `inspect` has read it.
 * `preferences`: what the visitor has chosen in the browser's settings, as its profile stores it.
 * `kept`: a profile's folder, which stays.
 */
export async function launchChromium({ preferences, kept, ...options } = {}) {
  const profile = kept ?? (await mkdtemp(join(tmpdir(), "pagevec-chromium-")));
  if (preferences) {
    await mkdir(join(profile, "Default"));
    await writeFile(join(profile, "Default/Preferences"), JSON.stringify(preferences));
  }
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    headless: true,
    args: FLAGS,
    ...options,
  });
  return {
    context,
    async close(inspect) {
      await context.close();
      await inspect?.(profile);
      if (!kept) await rm(profile, { recursive: true, force: true });
    },
  };
}
