/** A page that was read. */
export interface ReadPage {
  url: string;
  title: string;
  text: string;
}

/** From content scripts and the popup; the background starts the offscreen document, which answers. */
export type Request = { kind: "keep"; page: ReadPage } | { kind: "search"; text: string };

export interface Found {
  url: string;
  title: string;
  passage: string;
}

export type Answer = { found: Found[] } | { error: string };

/** Asks the offscreen document; it is started first where it does not run. */
export async function ask(request: Request): Promise<Answer> {
  await chrome.runtime.sendMessage({ kind: "start" });
  return chrome.runtime.sendMessage({ ...request, target: "offscreen" });
}
