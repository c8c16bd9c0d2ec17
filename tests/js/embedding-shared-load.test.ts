import { describe, expect, test } from "@jest/globals";
import { SharedLoad } from "../../js/src/embedding/shared-load.js";
import type { CallOptions, Progress } from "../../js/src/types.js";

function setUp() {
  let options: CallOptions = {};
  let resolve = (_value: string) => {};
  let reject = (_error: Error) => {};
  const load = new SharedLoad<string>((given) => {
    options = given;
    return new Promise((yes, no) => {
      resolve = yes;
      reject = no;
    });
  });
  return { load, resolve, reject, call: () => options };
}

describe("SharedLoad", () => {
  test("everybody gets the one value, the late too", async () => {
    const { load, resolve } = setUp();
    const waits = [load.wait(), load.wait()];
    resolve("model");
    expect(await Promise.all([...waits, load.wait()])).toEqual(["model", "model", "model"]);
  });

  test("one caller's abort leaves the others waiting", async () => {
    const { load, resolve, call } = setUp();
    const controller = new AbortController();
    const leaving = load.wait({ signal: controller.signal });
    const staying = load.wait();
    controller.abort();
    await expect(leaving).rejects.toMatchObject({ code: "aborted" });
    expect(call().signal?.aborted).toBe(false);
    resolve("model");
    expect(await staying).toBe("model");
  });

  test("the work is aborted when the last has left", async () => {
    const { load, call } = setUp();
    const controllers = [new AbortController(), new AbortController()];
    const waits = controllers.map(({ signal }) => load.wait({ signal }));
    for (const controller of controllers) controller.abort("enough");
    for (const wait of waits) await expect(wait).rejects.toMatchObject({ code: "aborted" });
    expect(call().signal?.reason).toBe("enough");
    expect(load.abandoned).toBe(true);
  });

  test("who comes aborted does not start to wait", async () => {
    const { load, resolve } = setUp();
    await expect(load.wait({ signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: "aborted",
    });
    expect(load.abandoned).toBe(false);
    resolve("model");
    expect(await load.wait()).toBe("model");
  });

  test("who leaves after the work is done leaves it to the next", async () => {
    const { load, resolve, call } = setUp();
    resolve("model");
    await load.wait();
    const controller = new AbortController();
    const leaving = load.wait({ signal: controller.signal });
    controller.abort();
    await leaving.catch(() => undefined);
    expect(load.abandoned).toBe(false);
    expect(call().signal?.aborted).toBe(false);
    expect(await load.wait()).toBe("model");
  });

  test("progress goes to all who wait", async () => {
    const { load, resolve, call } = setUp();
    const seen: Progress[] = [];
    const waits = [1, 2].map(() => load.wait({ onProgress: (progress) => seen.push(progress) }));
    call().onProgress?.({ stage: "download", done: 1, total: 2 });
    expect(seen).toHaveLength(2);
    resolve("model");
    await Promise.all(waits);
  });

  test("a failure reaches all who wait", async () => {
    const { load, reject } = setUp();
    const waits = [load.wait(), load.wait()];
    reject(new Error("no"));
    for (const wait of waits) await expect(wait).rejects.toThrow("no");
  });
});
