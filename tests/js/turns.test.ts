import { expect, test } from "@jest/globals";
import { alone, inTurn } from "../../js/src/storage/turns.js";

// In Node there are no Web Locks; with them push(), pull() and sync() run in tests/browser.

test.each([
  ["inTurn", inTurn],
  ["alone", <T>(name: string, work: () => Promise<T>) => alone(name, undefined, work)],
])("%s: work of one name one after another, of two names at once", async (title, run) => {
  const events: string[] = [];
  const work = (what: string, fails: boolean) => async () => {
    events.push(`${what} begins`);
    await new Promise((resolve) => setTimeout(resolve, 5));
    events.push(`${what} ends`);
    if (fails) throw new Error(what);
    return what;
  };
  const name = `turns ${title}`;
  const all = await Promise.allSettled([
    run(name, work("first", true)),
    run(name, work("second", false)),
    run(`${name} of others`, work("other", false)),
  ]);
  expect(all.map((each) => (each.status === "fulfilled" ? each.value : "failed"))).toEqual([
    "failed",
    "second",
    "other",
  ]);
  const own = events.filter((event) => !event.startsWith("other"));
  expect(own).toEqual(["first begins", "first ends", "second begins", "second ends"]);
  expect(events.indexOf("other begins")).toBeLessThan(events.indexOf("first ends"));
});

test("who gives up waiting does nothing, and holds up nobody", async () => {
  const giveUp = new AbortController();
  let done = 0;
  const slow = alone("given up", undefined, async () => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    giveUp.abort();
  });
  const given = alone("given up", giveUp.signal, async () => ++done);
  const last = alone("given up", undefined, async () => ++done);
  await slow;
  await expect(given).rejects.toMatchObject({ code: "aborted" });
  expect(await last).toBe(1);
});
