import { Client, miniLM } from "pagevec";
import "pagevec/element";
import type { Files } from "../src/preload";

declare const files: Files;

const status = document.querySelector("[role=status]") as HTMLElement;
const button = document.querySelector("button") as HTMLButtonElement;
const search = document.querySelector("pagevec-search") as HTMLElementTagNameMap["pagevec-search"];

const client = await Client.open({ name: "texts" });
const texts = await client.getOrCreateCollection({
  name: "texts",
  // The model lies beside this page, in the app.
  embeddingFunction: miniLM({ modelUrl: "./" }),
  chunking: { maxTokens: 200, overlap: 30 },
});
search.collection = texts;
await tellCount();

button.addEventListener("click", async () => {
  const chosen = await files.chooseTexts();
  if (chosen.length === 0) return;
  await texts.upsert(
    {
      ids: chosen.map(({ path }) => path),
      documents: chosen.map(({ text }) => text),
      metadatas: chosen.map(({ name }) => ({ title: name })),
    },
    { onProgress: ({ stage, done, total }) => tell(`${stage}: ${done} of ${total}`) },
  );
  await tellCount();
});

async function tellCount(): Promise<void> {
  tell(`${await texts.count()} texts`);
}

function tell(text: string): void {
  status.textContent = text;
}
