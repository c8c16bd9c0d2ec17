/** A page that was read. */
export interface ReadPage {
  url: string;
  title: string;
  text: string;
}

/** From content scripts and the popup to the background, which passes it on to the offscreen document. */
export type Request = { kind: "keep"; page: ReadPage } | { kind: "search"; text: string };

export interface Found {
  url: string;
  title: string;
  passage: string;
}

export type Answer = { found: Found[] } | { error: string };

/** One message, so that it arrives although the page that sends it may be left at once. */
export function ask(request: Request): Promise<Answer> {
  return chrome.runtime.sendMessage(request);
}
