import type { BrowserContext } from "playwright-core";

export const FLAGS: string[];

export function launchChromium(options?: object): Promise<{
  context: BrowserContext;
  close(inspect?: (profile: string) => Promise<void>): Promise<void>;
}>;
