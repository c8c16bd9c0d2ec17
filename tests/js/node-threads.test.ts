import { spawn } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, describe, expect, test } from "@jest/globals";
import { startServer } from "../../tools/loopback-server.mjs";
import { modelFolder } from "./model-folder.js";

// Threads start the built package, so each case is a process of its own that imports js/dist.

const root = fs.mkdtempSync(join(tmpdir(), "pagevec-threads-"));
const servers: Awaited<ReturnType<typeof startServer>>[] = [];
afterAll(async () => {
  await Promise.all(servers.map((server) => server.close()));
  fs.rmSync(root, { recursive: true });
});
let names = 0;
const freshPath = () => join(root, `client-${++names}`);
const DIST = new URL("../../js/dist/", import.meta.url).href;

/** What a script prints as JSON; it must end by itself. */
function run(script: string, env: Record<string, string> = {}) {
  const head = `
    import { miniLM, Client } from "${DIST}index.js";
    import * as node from "${DIST}node/index.js";
    const { openClient, setModelFolder } = node;
    let threads = 0;
    process.on("worker", () => ++threads);
    const print = (value) => console.log(JSON.stringify(value));`;
  // Not waited for in this thread, where the server is that it may ask.
  return new Promise<ReturnType<typeof JSON.parse>>((resolve, reject) => {
    const options = { env: { ...process.env, PAGEVEC_MODEL_CACHE: "", ...env } };
    const child = spawn(process.execPath, ["--input-type=module", "-e", head + script], options);
    let [out, err] = ["", ""];
    child.stdout.on("data", (data) => (out += data));
    child.stderr.on("data", (data) => (err += data));
    child.once("exit", (code) => {
      if (code === 0) resolve(JSON.parse(out));
      else reject(new Error(`code ${code}: ${err}`));
    });
  });
}

const records = `{ ids: ["a", "b"], documents: ["x", "y"], embeddings: [[1, 0], [0, 1]] }`;

describe("a database in a thread", () => {
  test("answers as one in place does, and ends with its client", async () => {
    const script = (worker: boolean) => `
      const client = await openClient({ path: "${freshPath()}", worker: ${worker} });
      const notes = await client.createCollection({ name: "notes" });
      await notes.add(${records});
      const { ids, distances } = await notes.query({ queryEmbeddings: [[0, 1]] });
      const refused = await notes.add({ ids: ["c"], embeddings: [[1]] }).catch((cause) => cause.code);
      const { persisted, reports } = await client.storage();
      await client.close();
      const closed = await notes.get().catch((cause) => cause.code);
      print({ threads, answer: { ids, distances, refused, persisted, reports, closed } });`;
    const [inThread, inPlace] = await Promise.all([run(script(true)), run(script(false))]);
    expect(inThread.threads).toBe(1);
    expect(inPlace.threads).toBe(0);
    expect(inThread.answer).toEqual(inPlace.answer);
    expect(inPlace.answer).toMatchObject({ refused: "dimension_mismatch", persisted: true });
    expect(inPlace.answer).toMatchObject({ closed: "closed", ids: [["b", "a"]] });
  });

  test("keeps no process alive that has nothing to wait for, also with listeners", async () => {
    const path = freshPath();
    await run(`
      const client = await openClient({ path: "${path}", onStorageReport() {} });
      const notes = await client.createCollection({ name: "notes" });
      notes.subscribe(() => {});
      await notes.add(${records});
      print(true);`);
    // It was not closed.
    const found = await run(`
      const client = await openClient({ path: "${path}" });
      const notes = await client.getCollection({ name: "notes" });
      print({ count: await notes.count(), reports: (await client.storage()).reports });
      await client.close();`);
    expect(found).toEqual({ count: 2, reports: [] });
  });

  test("leaves the folder to the next when it ends in any way", async () => {
    const answer = await run(`
      import { Worker } from "node:worker_threads";
      let last;
      process.on("worker", (worker) => (last = worker));
      const path = "${freshPath()}";
      const client = await openClient({ path });
      const notes = await client.createCollection({ name: "notes" });
      await notes.add(${records});
      const ended = new Promise((resolve) => last.once("exit", resolve));
      await last.terminate();
      await ended;
      const failed = await notes.count().catch((cause) => [cause.code, cause.message]);
      const again = await openClient({ path });
      const count = await (await again.getCollection({ name: "notes" })).count();
      await again.close();
      print({ failed, count });`);
    expect(answer.count).toBe(2);
    expect(answer.failed[0]).toBe("engine_failed");
    expect(answer.failed[1]).toMatch(/the thread ended/);
  });

  test("is there for clients of memory as well, where they ask for it", async () => {
    const answer = await run(`
      const client = await Client.open({ name: "m", storage: "memory", worker: true });
      const notes = await client.createCollection({ name: "notes" });
      await notes.add(${records});
      print({ threads, count: await notes.count() });
      await client.close();`);
    expect(answer).toEqual({ threads: 1, count: 2 });
  });
});

describe("models in threads", () => {
  const folder = () => modelFolder("all-MiniLM-L6-v2", ["vocab", "pvm"]);
  const texts = JSON.stringify(
    Array.from({ length: 120 }, (_, i) => `text no. ${i} about ${i * 7}`),
  );
  const embed = (options: string, modelUrl: string, from = "") => `
    const model = ${from}miniLM({ modelUrl: ${JSON.stringify(modelUrl)}, ${options} });
    await model.load();
    const vectors = await model.generate(${texts});
    const sums = vectors.map((vector) => vector.reduce((sum, value, i) => sum + value * (i + 1), 0));
    print({ threads, sums });
    await model.close();`;

  test("as many as concurrency says give the vectors that one gives in place", async () => {
    const here = await run(embed("", folder()));
    const two = await run(embed("concurrency: 2", folder()));
    const inPlace = await run(embed("concurrency: 2, worker: false", folder()));
    const one = await run(embed("", folder(), "node."));
    const threads = [here, two, inPlace, one].map((each) => each.threads);
    expect(threads).toEqual([0, 2, 0, 1]);
    expect(one.sums).toEqual(here.sums);
    expect(two.sums).toEqual(here.sums);
    expect(inPlace.sums).toEqual(here.sums);
  }, 120_000);

  test("come from the folder the second time, without a network", async () => {
    const server = await startServer({ mounts: { "/": folder() } });
    servers.push(server);
    const cache = join(root, "models");
    const again = `
      setModelFolder(${JSON.stringify(cache)});
      ${embed("worker: true", server.url)}`;
    const first = await run(again);
    const asked = server.requests.length;
    expect(asked).toBeGreaterThan(0);
    await server.close();
    const second = await run(again);
    expect(second).toEqual(first);
    // By the variable as well, and in place.
    const third = await run(embed("", server.url), { PAGEVEC_MODEL_CACHE: cache });
    expect(third.sums).toEqual(first.sums);
  }, 120_000);
});

test("a thread whose script is not there is an error that says so", async () => {
  const dist = join(root, "dist");
  fs.cpSync(new URL("../../js/dist", import.meta.url), join(dist, "dist"), { recursive: true });
  for (const name of ["wasm", "package.json"]) {
    fs.cpSync(new URL(`../../js/${name}`, import.meta.url), join(dist, name), { recursive: true });
  }
  const modules = new URL("../../node_modules", import.meta.url);
  fs.symlinkSync(modules, join(dist, "node_modules"));
  fs.rmSync(join(dist, "dist/node/thread.js"));
  const entry = pathToFileURL(join(dist, "dist/node/index.js")).href;
  const answer = await run(`
    const moved = await import("${entry}");
    const failed = await moved.openClient({ path: "${freshPath()}" }).catch((cause) => cause);
    print([failed.code, failed.message]);`);
  expect(answer[0]).toBe("engine_failed");
  expect(answer[1]).toMatch(/thread\.js/);
});
