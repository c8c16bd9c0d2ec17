import { PagevecError, type PagevecErrorCode } from "pagevec";

/** What went wrong and what the visitor can do, for the codes that can happen on this page. */
const PLAIN_WORDS: Partial<Record<PagevecErrorCode, string>> = {
  network:
    "The language model could not be downloaded. Check the connection and press Start again; what has arrived is kept.",
  hash_mismatch: "The downloaded model was damaged and was thrown away. Please start again.",
  quota_exceeded:
    "The browser has no room left for this page. Delete something here or free disk space; everything kept so far is safe.",
  storage_failed:
    "The browser did not let this page store anything. Private windows and some settings forbid it.",
  conflict: "Another tab of this page changed the collection. Reload this tab to see it.",
  engine_failed:
    "The engine of this page stopped, often for lack of memory. Reload the page; everything kept so far is safe.",
  unsupported:
    "This browser is too old for this page. It needs Chrome 91, Firefox 89, Safari 16.4 or newer.",
  corrupt: "Part of what this page had kept is damaged. Delete it below and build it again.",
  format_too_new: "What this page had kept comes from a newer version. Reload to get that version.",
};

/** An error as one plain sentence or two; the technical message follows where it helps. */
export function plainWords(error: unknown): string {
  if (error instanceof PagevecError) {
    const words = PLAIN_WORDS[error.code];
    return words ? `${words} (${error.code})` : `Something went wrong: ${error.message}`;
  }
  return error instanceof Error ? error.message : String(error);
}

/** Whether an error only says that this page itself stopped the call. */
export function isAborted(error: unknown): boolean {
  if (error instanceof DOMException) return error.name === "AbortError";
  return error instanceof PagevecError && error.code === "aborted";
}
