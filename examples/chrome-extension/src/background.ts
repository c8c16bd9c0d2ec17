// The service worker of an extension ends whenever it is idle and cannot start workers. A document that nobody
// sees can, and lives on: it keeps the pages.
let starting: Promise<void> | undefined;

chrome.runtime.onMessage.addListener((message, _sender, answer) => {
  if (message.kind !== "start") return false;
  starting ??= start().finally(() => {
    starting = undefined;
  });
  starting.then(() => answer(true));
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
