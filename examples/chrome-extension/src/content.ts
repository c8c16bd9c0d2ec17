import { ask } from "./messages";

// biome-ignore lint/performance/useDomNodeTextContent: only what is seen counts
const { innerText: text } = document.body;
if (text.trim()) {
  void ask({ kind: "keep", page: { url: location.href, title: document.title, text } });
}
