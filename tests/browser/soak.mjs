import assert from "node:assert/strict";
import { launchChromium } from "../../tools/chromium.mjs";
import { uniform } from "../support/mulberry32.mjs";

const TABS = 3;
/** How long a worker writes, and a snapshot is written, at most, before it is ended. */
const WRITING_MS = 250;
const SNAPSHOT_MS = 15;
/** Between a fault's begin and its end; a writer that is silent for longer than 4 s is replaced. */
const FAULT_MS = 600;
const LONG_FAULT_MS = 5500;
const LONG_SHARE = 0.1;
/** Until each tab must have written what it was about to. */
const QUIET_LIMIT_MS = 20_000;

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Faults at random moments, round after round: workers that are ended while they write, and tabs that
 * write together while they are frozen, reloaded, robbed of the lock, or put into the back/forward cache.
 */
export async function soak(test, environment, { rounds, seed }) {
  console.log(`soak: seed ${seed}, ${rounds} rounds`);
  await workers(test, environment, { rounds, random: uniform(seed) });
  await tabs(test, environment, { rounds, random: uniform(seed + 1) });
}

async function workers(test, environment, { rounds, random }) {
  const page = await environment.openPage();
  const acknowledged = { relaxed: 0, strict: 0 };
  const total = { ended: 0, inSnapshots: 0, finished: 0, ahead: 0 };
  for (let round = 0; round <= rounds; ++round) {
    const durability = round % 2 === 0 ? "relaxed" : "strict";
    const inSnapshot = round % 4 > 1;
    const moment = random() * (inSnapshot ? SNAPSHOT_MS : WRITING_MS);
    const name = `soak-${durability}`;
    await test(`a worker that is ended leaves whole batches, round ${round}`, async () => {
      const task = { name, durability, acknowledged: acknowledged[durability], moment, inSnapshot };
      const left = await page.evaluate((task) => window.terminateWorker(task), task);
      assert.deepEqual(left.wrong, []);
      acknowledged[durability] = left.acknowledged;
      total.ended += 1;
      total.inSnapshots += inSnapshot && !left.finished ? 1 : 0;
      total.finished += left.finished ? 1 : 0;
      total.ahead += left.ahead;
    });
  }
  const batches = acknowledged.relaxed + acknowledged.strict;
  console.log(`soak: workers: ${JSON.stringify({ ...total, batches })}`);
  await page.close();
}

async function tabs(test, environment, { rounds, random }) {
  // Playwright turns the back/forward cache off.
  const browser = await launchChromium({ ignoreDefaultArgs: ["--disable-back-forward-cache"] });
  const group = new Tabs(browser.context, environment.server.url, random);
  try {
    await group.open();
    for (let round = 1; round <= rounds; ++round) {
      const fault = group.pick(Object.keys(FAULTS));
      await test(`tabs write in one order and lose nothing, round ${round}: ${fault}`, () =>
        group.round(fault));
    }
    console.log(`soak: tabs: ${JSON.stringify({ ...group.counts, records: group.told.length })}`);
  } finally {
    await browser.close();
  }
}

/** What becomes of a tab that writes; what is returned undoes it. */
const FAULTS = {
  frozen: async (page, { context }) => {
    const session = await context.newCDPSession(page);
    await session.send("Page.setWebLifecycleState", { state: "frozen" });
    return async () => {
      await session.send("Page.setWebLifecycleState", { state: "active" });
      await session.detach();
    };
  },
  reloaded: async (page) => {
    await page.reload();
    return async () => {};
  },
  robbed: async (page, { name }) => {
    const lock = `pagevec/${name}`;
    const steal = (lock) => navigator.locks.request(lock, { steal: true }, async () => {});
    await page.evaluate(steal, lock);
    return async () => {};
  },
  cached: async (page, { url }) => {
    await page.goto(`${url}models/all-MiniLM-L6-v2/vocab.txt`);
    return async () => void (await page.goBack({ waitUntil: "commit" }));
  },
};

class Tabs {
  name = "soak-tabs";
  /** Ids in the order in which they were acknowledged. */
  told = [];
  counts = { frozen: 0, reloaded: 0, robbed: 0, cached: 0, long: 0, keptInCache: 0 };
  #prefixes = 0;
  #pages = [];

  constructor(context, url, random) {
    Object.assign(this, { context, url, random });
  }

  pick(list) {
    return list[Math.floor(this.random() * list.length)];
  }

  async open() {
    await this.context.exposeFunction("acknowledge", (id) => void this.told.push(id));
    for (let i = 0; i < TABS; ++i) {
      const page = await this.context.newPage();
      await page.goto(this.url);
      this.#pages.push(page);
      await this.#write(page);
    }
  }

  /** All tabs write while something becomes of one or two of them; then they are compared. */
  async round(fault) {
    const victims = this.random() < 0.3 ? 2 : 1;
    const first = Math.floor(this.random() * TABS);
    const long = this.random() < LONG_SHARE;
    const undo = [];
    const ill = Array.from({ length: victims }, (_, i) => this.#pages[(first + i) % TABS]);
    for (const page of ill) {
      await wait(this.random() * 100);
      undo.push(await FAULTS[fault](page, this));
    }
    this.counts[fault] += victims;
    this.counts.long += long ? 1 : 0;
    await wait(long ? LONG_FAULT_MS : this.random() * FAULT_MS);
    for (const each of undo) await each();
    for (const page of ill) await this.#revive(page, fault);
    await wait(this.random() * FAULT_MS);
    await this.#compare();
  }

  /** A page that was loaded anew has neither client nor writer. */
  async #revive(page, fault) {
    const alive = await page.evaluate(() => window.writer !== undefined);
    if (fault === "cached" && alive) this.counts.keptInCache += 1;
    if (!alive) await this.#write(page);
  }

  async #write(page) {
    await page.waitForFunction(() => "startWriting" in window);
    const task = { name: this.name, prefix: `${++this.#prefixes}` };
    await page.evaluate((task) => window.startWriting(task), task);
  }

  async #compare() {
    const late = wait(QUIET_LIMIT_MS).then(() => {
      throw new Error(`the tabs did not end their writes within ${QUIET_LIMIT_MS} ms`);
    });
    late.catch(() => {});
    const stop = (page) => page.evaluate(() => window.stopWriting());
    await Promise.race([Promise.all(this.#pages.map(stop)), late]);
    const [ids, ...others] = await Promise.all(
      this.#pages.map((page) => page.evaluate(() => window.readIds())),
    );
    for (const other of others) assert.deepEqual(other, ids);
    const places = new Map(ids.map((id, place) => [id, place]));
    assert.equal(places.size, ids.length, "an id is there twice");
    assert.deepEqual(
      this.told.filter((id) => !places.has(id)),
      [],
      "acknowledged, and not there",
    );
    // A tab writes its next record once the last one was acknowledged.
    const last = new Map();
    for (const id of ids) {
      const [prefix, number] = id.split("-").map(Number);
      assert((last.get(prefix) ?? -1) < number, `${id} comes after ${last.get(prefix)}`);
      last.set(prefix, number);
    }
    for (const page of this.#pages) {
      const task = { prefix: `${++this.#prefixes}` };
      await page.evaluate((task) => window.resumeWriting(task), task);
    }
  }
}
