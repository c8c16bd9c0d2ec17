import { Client, miniLM } from "pagevec";
import { LiveSearch } from "pagevec/ui";

const form = document.querySelector("form") as HTMLFormElement;
const field = document.querySelector("#search") as HTMLInputElement;
const status = document.querySelector("#status") as HTMLElement;
const found = document.querySelector("#found") as HTMLElement;

const model = miniLM();
// The page works from the start; what is typed early waits for the collection.
const opening = open();

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const note = String(new FormData(form).get("note"));
  await told(async () => {
    const notes = await opening;
    await notes.add({ ids: [crypto.randomUUID()], documents: [note] });
    form.reset();
  });
});

const search = new LiveSearch();
search.subscribe(() => {
  const { rows, error } = search.getSnapshot();
  found.replaceChildren(...rows.map((row) => item(row.document ?? "")));
  if (error) status.textContent = error.message;
});
field.addEventListener("input", async () => {
  search.ask(await opening, field.value, { limit: 5 });
});

async function open() {
  const client = await Client.open({ name: "notes" });
  return client.getOrCreateCollection({ name: "notes", embeddingFunction: model });
}

function item(text: string): HTMLElement {
  const element = document.createElement("li");
  element.textContent = text;
  return element;
}

/** Does something and says how many notes there are then, or what went wrong. */
async function told(work: () => Promise<void>): Promise<void> {
  try {
    await work();
    status.textContent = `${await (await opening).count()} notes, kept on this device`;
  } catch (error) {
    status.textContent = (error as Error).message;
  }
}

// 23 MB, once. From then on everything works without a network.
await told(() =>
  model.load({
    onProgress: ({ stage, done, total }) => {
      if (stage === "download") status.textContent = `Model: ${done} of ${total} bytes`;
    },
  }),
);
