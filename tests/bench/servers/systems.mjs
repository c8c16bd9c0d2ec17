/** What is measured side by side: pagevec in this process, and the servers that tests/servers starts. */
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "../../../js/dist/index.js";
import { openClient } from "../../../js/dist/node/index.js";
import { chroma } from "../../../js/dist/servers/chroma.js";
import { qdrant } from "../../../js/dist/servers/qdrant.js";
import { weaviate } from "../../../js/dist/servers/weaviate.js";
import { starterOf } from "../../servers/starter.mjs";

const ENGINES = { chroma, weaviate, qdrant };

/**
 * Starts one of them with nothing in it.
 * @param {"pagevec" | "chroma" | "weaviate" | "qdrant"} name
 * @returns {Promise<{client: Client, pid: number, folder: string, stop(): Promise<void>}>} pid: the process
 *   that keeps the collection, for pagevec this one
 */
export async function startSystem(name) {
  if (name === "pagevec") return startHere();
  const start = await starterOf(name);
  const { port, pid, folder, stop } = await start();
  const client = await Client.open({ engine: ENGINES[name]({ url: `http://127.0.0.1:${port}` }) });
  const end = async () => {
    await client.close();
    await stop();
  };
  return { client, pid, folder, stop: end };
}

async function startHere() {
  const folder = await mkdtemp(join(tmpdir(), "pagevec-servers-"));
  const client = await openClient({ path: folder, worker: false });
  const stop = async () => {
    await client.close();
    await rm(folder, { recursive: true });
  };
  return { client, pid: process.pid, folder, stop };
}

/**
 * Bytes of a process: resident, of these not backed by a file, and the most that was resident (Linux, proc(5)).
 * @returns {Promise<{resident: number, anonymous: number, peak: number}>}
 */
export async function memoryOf(pid) {
  const text = await readFile(`/proc/${pid}/status`, "utf8");
  const read = (field) => 1024 * Number(new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(text)[1]);
  return { resident: read("VmRSS"), anonymous: read("RssAnon"), peak: read("VmHWM") };
}

/** Bytes that a folder takes on the disk: blocks of 512 bytes, so that what is only reserved counts as it does there. */
export async function diskOf(folder) {
  const files = await readdir(folder, { recursive: true });
  const blocks = files.map(async (name) => (await stat(join(folder, name))).blocks);
  return 512 * (await Promise.all(blocks)).reduce((sum, count) => sum + count, 0);
}
