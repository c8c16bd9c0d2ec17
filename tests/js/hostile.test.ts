import "fake-indexeddb/auto";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Client } from "../../js/src/client.js";
import { loadCore } from "../../js/src/engine/load.js";
import { hostileContract } from "../contract/hostile.js";
import { openTestClient } from "./support/clients.js";

// The wasm core alone: its slow twin has no bound on work. In Chromium: tests/browser/contracts.mjs.
describe.each(["memory", "indexeddb"] as const)("hostile input with storage %s", (storage) => {
  let client: Client;

  beforeAll(async () => {
    const core = await loadCore({ variant: "simd128" });
    client = await openTestClient({ core, storage, name: "hostile" });
  });
  afterAll(() => client.close());

  for (const { name, run } of hostileContract)
    test(name, () => run({ client: async () => client }));
});

test.each([undefined, null, 7, "", "half \ud83d"])("a client's name is not %p", async (name) => {
  const open = Client.open({ name: name as string, storage: "memory", worker: false });
  await expect(open).rejects.toMatchObject({
    code: "invalid_argument",
    message: expect.stringMatching(/a client needs a name.*got/),
  });
});
