import { expect, test } from "@jest/globals";
import { nextTurn } from "../../js/src/engine/turns.js";

function busy(milliseconds: number): void {
  const begin = performance.now();
  while (performance.now() - begin < milliseconds);
}

test("between turns timers and messages of others run", async () => {
  const { port1, port2 } = new MessageChannel();
  const seen = { timer: false, message: false };
  setTimeout(() => {
    seen.timer = true;
  }, 1);
  port1.onmessage = () => {
    seen.message = true;
  };
  port2.postMessage(null);
  let turns = 0;
  for (; turns < 500 && !(seen.timer && seen.message); ++turns) {
    busy(1);
    await nextTurn();
  }
  port1.close();
  expect(turns).toBeLessThan(50);
});

test("turns end in the order in which they were asked for", async () => {
  const order: number[] = [];
  await Promise.all([1, 2, 3].map((n) => nextTurn().then(() => order.push(n))));
  expect(order).toEqual([1, 2, 3]);
});
