import { Document } from "@langchain/core/documents";
import type { PagevecVectorStore } from "../../js/src/adapters/langchain.js";
import { assertEqual } from "./contract.js";

/**
 * What LangChain asks of a vector store: the cases of VectorStoreIntegrationTests in its Python package
 * langchain-tests 1.1.9, all twelve, under their names. Its asynchronous twelve (`*_async`) are the same cases
 * by Python's second face of a store, which JavaScript's has not: its one face is asynchronous.
 * (LangChain's JavaScript suite, of chat models only, is not published.)
 */
export const VECTOR_STORE_CASES: Record<string, (store: PagevecVectorStore) => Promise<void>> = {
  async "vectorstore is empty"(store) {
    assertEqual(await store.similaritySearch("foo", 1), [], "an empty store");
  },

  async "add documents"(store) {
    const ids = (await store.addDocuments(originals())) as string[];
    assertEqual(
      await store.similaritySearch("bar", 2),
      [document(ids[1], "bar", { id: 2 }), document(ids[0], "foo", { id: 1 })],
      "the nearest first",
    );
  },

  /** After one that adds: each case begins with an empty store. */
  async "vectorstore still empty"(store) {
    assertEqual(await store.similaritySearch("foo", 1), [], "an empty store");
  },

  async "deleting documents"(store) {
    await store.addDocuments(originals(), { ids: ["1", "2"] });
    await store.delete({ ids: ["1"] });
    assertEqual(
      await store.similaritySearch("foo", 1),
      [document("2", "bar", { id: 2 })],
      "what is left",
    );
  },

  async "deleting bulk documents"(store) {
    const documents = [...originals(), document(undefined, "baz", { id: 3 })];
    await store.addDocuments(documents, { ids: ["1", "2", "3"] });
    await store.delete({ ids: ["1", "2"] });
    assertEqual(
      await store.similaritySearch("foo", 1),
      [document("3", "baz", { id: 3 })],
      "what is left",
    );
  },

  async "delete missing content"(store) {
    await store.delete({ ids: ["1"] });
    await store.delete({ ids: ["1", "2", "3"] });
  },

  async "add documents with ids is idempotent"(store) {
    for (let time = 0; time < 2; ++time) {
      await store.addDocuments(originals(), { ids: ["1", "2"] });
    }
    assertEqual(
      await store.similaritySearch("bar", 2),
      [document("2", "bar", { id: 2 }), document("1", "foo", { id: 1 })],
      "once each",
    );
  },

  async "add documents by id with mutation"(store) {
    await store.addDocuments(originals(), { ids: ["1", "2"] });
    const changed = [document(undefined, "new foo", { id: 1, some_other_field: "foo" })];
    await store.addDocuments(changed, { ids: ["1"] });
    assertEqual(
      await store.similaritySearch("new foo", 2),
      [
        document("1", "new foo", { id: 1, some_other_field: "foo" }),
        document("2", "bar", { id: 2 }),
      ],
      "the changed one",
    );
  },

  async "get by ids"(store) {
    const ids = (await store.addDocuments(originals(), { ids: ["1", "2"] })) as string[];
    const expected = [document("1", "foo", { id: 1 }), document("2", "bar", { id: 2 })];
    assertEqual(await store.getByIds(ids), expected, "both");
  },

  async "get by ids missing"(store) {
    assertEqual(await store.getByIds(["1", "2", "3"]), [], "none is there");
  },

  async "add documents documents"(store) {
    const ids = (await store.addDocuments(originals())) as string[];
    const expected = [document(ids[0], "foo", { id: 1 }), document(ids[1], "bar", { id: 2 })];
    assertEqual(await store.getByIds(ids), expected, "by the ids that were made");
  },

  async "add documents with existing ids"(store) {
    const given = [document("foo", "foo", { id: 1 }), document(undefined, "bar", { id: 2 })];
    const ids = (await store.addDocuments(given)) as string[];
    assertEqual(ids[0], "foo", "the document's own id");
    const expected = [document("foo", "foo", { id: 1 }), document(ids[1], "bar", { id: 2 })];
    assertEqual(await store.getByIds(ids), expected, "both");
  },
};

const originals = () => [
  document(undefined, "foo", { id: 1 }),
  document(undefined, "bar", { id: 2 }),
];

function document(id: string | undefined, pageContent: string, metadata: object): Document {
  return new Document({ id, pageContent, metadata });
}
