import { describe, expect, test } from "@jest/globals";
import { createElement } from "react";
import { renderToString } from "react-dom/server";
import type { Client } from "../../js/src/client.js";
import { useCollection, useSearch } from "../../js/src/react/index.js";
import { type CollectionState, sharedCollection } from "../../js/src/ui/shared-collection.js";

const embeddingFunction = {
  name: "lengths",
  generate: async (texts: string[]) => texts.map(() => [1, 2]),
};

function optionsOf(client: string, name = "notes") {
  return { client: { name: client, storage: "memory" as const }, name, embeddingFunction };
}

const ready = (store: { getSnapshot(): CollectionState }, status = "ready") =>
  new Promise<CollectionState>((resolve) => {
    const timer = setInterval(() => {
      if (store.getSnapshot().status !== status) return;
      clearInterval(timer);
      resolve(store.getSnapshot());
    }, 5);
  });

const isClosed = (client: Client | undefined) =>
  client?.countCollections().then(
    () => false,
    ({ code }) => code === "closed",
  );

describe("shared collections", () => {
  test("are opened by the first subscriber, once for all", async () => {
    const first = sharedCollection(optionsOf("once"));
    const second = sharedCollection(optionsOf("once"));
    const other = sharedCollection(optionsOf("once", "other"));
    expect(first.getSnapshot().status).toBe("opening");
    let told = 0;
    const ends = [first, second, other, first].map((store) => store.subscribe(() => ++told));
    const { collection, client } = await ready(first);
    expect(second.getSnapshot()).toBe(first.getSnapshot());
    expect((await ready(other)).client).toBe(client);
    expect(other.getSnapshot().collection?.name).toBe("other");
    expect(told).toBe(4);
    await collection?.add({ ids: ["1"], documents: ["one"] });
    expect(await collection?.count()).toBe(1);
    for (const end of ends) end();
  });

  test("close their client a second after the last has left", async () => {
    const store = sharedCollection(optionsOf("close"));
    const other = sharedCollection(optionsOf("close", "other"));
    const ends = [store.subscribe(() => {}), other.subscribe(() => {})];
    const { client } = await ready(store);
    ends[0]?.();
    // Leaving twice is leaving once.
    ends[0]?.();
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect(store.getSnapshot().status).toBe("opening");
    expect(await isClosed(client)).toBe(false);
    ends[1]?.();
    const end = other.subscribe(() => {});
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect(await isClosed(client)).toBe(false);
    expect(other.getSnapshot().client).toBe(client);
    end();
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect(await isClosed(client)).toBe(true);
    const again = store.subscribe(() => {});
    expect((await ready(store)).client).not.toBe(client);
    again();
  });

  test("that fail say so, and are tried again by the next", async () => {
    const wrong = sharedCollection({
      ...optionsOf("fail"),
      configuration: { hnsw: { ef_search: 0 } },
    });
    const end = wrong.subscribe(() => {});
    expect((await ready(wrong, "failed")).error).toMatchObject({ code: "invalid_argument" });
    end();
    await new Promise((resolve) => setTimeout(resolve, 10));
    const right = sharedCollection(optionsOf("fail"));
    const last = right.subscribe(() => {});
    expect((await ready(right)).error).toBeUndefined();
    last();
  });

  test("need a client's options", () => {
    expect(() => sharedCollection({ name: "notes" } as never)).toThrow(/client: \{ name/);
  });
});

function Notes() {
  const { status, collection } = useCollection(optionsOf("server"));
  const search = useSearch(collection, "a text");
  return createElement("p", null, status, " ", search.status, " ", search.rows.length);
}

describe("on a server", () => {
  test("the hooks render what there is before anything is opened", () => {
    expect(renderToString(createElement(Notes))).toBe(
      "<p>opening<!-- --> <!-- -->idle<!-- --> <!-- -->0</p>",
    );
    expect(sharedCollection(optionsOf("server")).getSnapshot().status).toBe("opening");
  });

  test("the element can be imported, and defines nothing", async () => {
    expect(globalThis.HTMLElement).toBeUndefined();
    const { PagevecSearchElement } = await import("../../js/src/element/index.js");
    expect(PagevecSearchElement.formAssociated).toBe(true);
  });
});
