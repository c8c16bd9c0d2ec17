import { PagevecError } from "../../js/dist/errors.js";
import { Precedence } from "../../js/dist/storage/precedence.js";

/** Batches of tabs in the order in which they were stored. */
function makeStore() {
  const order = new Precedence();
  const stored: string[] = [];
  return {
    stored,
    write: (tab: string, collection = "notes") =>
      order.run(collection, tab, async () => void stored.push(tab)),
    tooLate: (tab: string) =>
      order
        .run("notes", tab, () => Promise.reject(new PagevecError("conflict", "it was the second")))
        .catch(({ code }) => expect(code).toBe("conflict")),
  };
}

/** What has nothing else to wait for has happened. */
async function settled() {
  for (let i = 0; i < 20; ++i) await null;
}

describe("tabs that write to one collection", () => {
  test("wait for nobody while none came too late", async () => {
    const { stored, write } = makeStore();
    void write("a");
    void write("b");
    await settled();
    expect(stored).toEqual(["a", "b"]);
  });

  test("one that came too late goes before the others, once", async () => {
    const { stored, write, tooLate } = makeStore();
    await tooLate("late");
    const others = [write("a"), write("b"), write("a", "links")];
    await settled();
    expect(stored).toEqual(["a"]);
    await write("late");
    await Promise.all(others);
    expect(stored).toEqual(["a", "late", "a", "b"]);
    await write("c");
  });

  test("several that came too late at once go in their order", async () => {
    const { stored, write, tooLate } = makeStore();
    await Promise.all([tooLate("a"), tooLate("b")]);
    const others = [write("c"), write("b")];
    await settled();
    expect(stored).toEqual([]);
    await write("a");
    await Promise.all(others);
    expect(stored).toEqual(["a", "b", "c"]);
  });

  test("one that does not come again is not waited for long", async () => {
    const { stored, write, tooLate } = makeStore();
    await tooLate("gone");
    await write("a");
    await write("b");
    expect(stored).toEqual(["a", "b"]);
  });
});
