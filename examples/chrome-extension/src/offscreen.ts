import { Client, miniLM } from "pagevec";
import type { Answer, Found, ReadPage, Request } from "./messages";

const places = { wasmUrl: "/pagevec/", workerUrl: "/search-worker.js" };
const pages = open();

async function open() {
  const client = await Client.open({ name: "pages", ...places });
  return client.getOrCreateCollection({
    name: "pages",
    embeddingFunction: miniLM({ ...places, modelUrl: "/model/" }),
    chunking: { maxTokens: 200, overlap: 30 },
  });
}

chrome.runtime.onMessage.addListener((message: Request & { target?: string }, _sender, answer) => {
  if (message.target !== "offscreen") return false;
  reply(message).then(answer, (error: Error) => answer({ error: error.message }));
  return true;
});

async function reply(request: Request): Promise<Answer> {
  if (request.kind === "search") return { found: await search(request.text) };
  await keep(request.page);
  return { found: [] };
}

async function keep({ url, title, text }: ReadPage): Promise<void> {
  const collection = await pages;
  await collection.upsert({
    ids: [url],
    documents: [text],
    metadatas: [{ title, read: Date.now() }],
  });
}

async function search(text: string): Promise<Found[]> {
  const { rows } = await (await pages).search({ text, limit: 5, highlights: true });
  return rows.map(({ id, metadata, document, highlights }) => ({
    url: id,
    title: String(metadata?.title ?? id),
    passage: highlights?.[0]?.text ?? document?.slice(0, 200) ?? "",
  }));
}
