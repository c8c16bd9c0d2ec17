// The search field of every page: the element, and once it is used, pagevec with the collection of all sections.
import "pagevec/element";

const search = document.querySelector("pagevec-search");
const root = new URL(search.dataset.root, location.href);

search.addEventListener("focusin", () => (search.collection = open()), { once: true });
search.addEventListener("select", ({ detail }) => location.assign(new URL(detail.row.id, root)));

async function open() {
  const { Client } = await import("pagevec");
  const client = await Client.open({ name: "docs", storage: "memory" });
  const file = await fetch(new URL("search.pvar", root));
  await client.import(await file.arrayBuffer());
  return client.getCollection({ name: "sections" });
}
