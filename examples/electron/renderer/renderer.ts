import { Client, miniLM } from "pagevec";
import "pagevec/element";
import type { Files } from "../src/preload";

declare const files: Files;

const status = document.querySelector("[role=status]") as HTMLElement;
const button = document.querySelector("button") as HTMLButtonElement;
const search = document.querySelector("pagevec-search") as HTMLElementTagNameMap["pagevec-search"];

// The button works from the start; what is chosen early waits for the collection.
const opening = open();
search.collection = opening;
button.addEventListener("click", async () => {
  const chosen = await files.chooseTexts();
  if (chosen.length === 0) return;
  const texts = await opening;
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
await tellCount();

async function open() {
  const client = await Client.open({ name: "texts" });
  return client.getOrCreateCollection({
    name: "texts",
    // The model lies beside this page, in the app.
    embeddingFunction: miniLM({ modelUrl: "./" }),
    chunking: { maxTokens: 200, overlap: 30 },
  });
}

async function tellCount(): Promise<void> {
  tell(`${await (await opening).count()} texts`);
}

function tell(text: string): void {
  status.textContent = text;
}
