import type { Request } from "./messages";

// The service worker of an extension ends whenever it is idle and cannot start workers. A document that
// nobody sees can, and lives on: it keeps and searches the pages.
let starting: Promise<void> | undefined;

chrome.runtime.onMessage.addListener((request: Request, _sender, answer) => {
  starting ??= start().finally(() => {
    starting = undefined;
  });
  starting
    .then(() => chrome.runtime.sendMessage({ ...request, target: "offscreen" }))
    .then(answer, (error: Error) => answer({ error: error.message }));
  // The answer comes later.
  return true;
});

async function start(): Promise<void> {
  if (await chrome.offscreen.hasDocument()) return;
  await chrome.offscreen.createDocument({
    url: "offscreen.html",
    reasons: [chrome.offscreen.Reason.WORKERS],
    justification: "Embeds and searches the pages in a worker",
  });
}
