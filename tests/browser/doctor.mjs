import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { FLAGS, launchChromium } from "../../tools/chromium.mjs";
import { startServer } from "../../tools/loopback-server.mjs";
import { POLICY } from "../support/policy.mjs";

const WASM = fileURLToPath(new URL("../../js/wasm", import.meta.url));
/** All of them, in a page that lacks nothing. */
const IDS = [
  "secure-context",
  "isolation",
  "simd",
  "file.core",
  "file.converter",
  "file.sentencepiece",
  "worker",
  "core",
  "csp-wasm",
  "indexeddb",
  "collections",
  "files",
  "locks",
  "channel",
  "quota",
  "persisted",
  "models",
  "onnxruntime",
  "clock",
];

/** `pagevec/doctor`: one thing is broken for real, and it is that which is found, with what helps. */
export async function doctor(test, environment) {
  const assets = await readdir(join(environment.mounts["/"], "assets"));
  const asset = (pattern) => `/assets/${assets.find((file) => pattern.test(file))}`;
  const files = {
    core: asset(/^core\.relaxed-.*\.wasm$/),
    converter: asset(/^converter-.*\.wasm$/),
    worker: asset(/^worker-.*\.js$/),
  };
  await healthy(test, environment);
  await brokenFiles(test, environment, files);
  await policies(test, environment);
  await refusedStorage(test, environment);
  await places(test, environment);
}

async function healthy(test, environment) {
  await test("in a sound page nothing is bad, everything was tried, and nothing is left", async () => {
    const page = await environment.openPage();
    const before = await page.evaluate(traces);
    const { ok, findings } = await page.evaluate(() => window.doctor());
    assert.deepEqual(
      findings.map(({ id }) => id),
      IDS,
    );
    const docs = await readFile(new URL("../../docs/doctor.md", import.meta.url), "utf8");
    for (const id of IDS) assert(docs.includes(`| \`${id}\` `), `docs/doctor.md lacks ${id}`);
    // A profile of its own is never persisted.
    assert.deepEqual(notGood(findings), { persisted: "warning" });
    assert.equal(ok, "warning");
    assert.match(one(findings, "simd").detail, /relaxed.*core\.relaxed/);
    assert.match(one(findings, "file.core").detail, /core\.relaxed.*application\/wasm/);
    assert.deepEqual(await page.evaluate(traces), before);
    assert.equal(page.workers().length, 0);
    await page.close();
  });
  await test("models that are cached are told with their sizes", async () => {
    const page = await environment.openPage();
    const { findings } = await page.evaluate(async (modelUrl) => {
      const model = window.pagevec.miniLM({ modelUrl });
      await model.load();
      await model.close();
      return window.doctor();
    }, environment.modelUrl);
    assert.match(one(findings, "models").detail, /on this machine: all-MiniLM-L6-v2 2\d\.\d MB$/);
    await page.close();
  });
}

/** Runs in the page: everything by which a visit can be seen afterwards. */
async function traces() {
  const root = await navigator.storage.getDirectory();
  const entries = [];
  const walk = async (folder, path) => {
    for await (const [name, entry] of folder.entries()) {
      entries.push(`${path}/${name}`);
      if (entry.kind === "directory") await walk(entry, `${path}/${name}`);
    }
  };
  await walk(root, "");
  const keys = [];
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const { url } of await cache.keys()) keys.push(`${name} ${url}`);
  }
  const { held, pending } = await navigator.locks.query();
  return {
    // The folder of all clients stays, as after any client.
    entries: entries.filter((path) => path !== "/pagevec"),
    databases: (await indexedDB.databases()).map(({ name }) => name).sort(),
    keys: keys.sort(),
    locks: held.length + pending.length,
    stored: localStorage.length + sessionStorage.length,
  };
}

async function brokenFiles(test, environment, files) {
  const mounts = {
    ...environment.mounts,
    "/wasm/": WASM,
    "/copy/": join(environment.mounts["/"], "assets"),
  };
  // Each on a server of its own: what a browser has kept of another would be asked for no more.
  const broken = async (path, fault, ...options) => {
    const server = await startServer({ csp: POLICY, mounts });
    server.fail(path, { times: 100, ...fault });
    const page = await environment.openPage(server.url);
    const reports = [];
    for (const given of options.length > 0 ? options : [{}]) {
      reports.push((await page.evaluate((each) => window.doctor(each), given)).findings);
    }
    await page.close();
    await server.close();
    return reports;
  };

  await test("HTML in the core's place: that is bad, and wasmUrl helps", async () => {
    const [findings, mended] = await broken(files.core, { html: true }, {}, { wasmUrl: "/wasm/" });
    assert.deepEqual(bad(findings), ["file.core"]);
    const { detail, fix } = one(findings, "file.core");
    assert.match(detail, /core\.relaxed.*got HTML/);
    assert.match(fix, /wasmUrl/);
    assert.deepEqual(notGood(mended), { persisted: "warning" });
    assert.equal(one(mended, "core").ok, "good");
  });
  await test("a core that is gone: the same", async () => {
    const [findings] = await broken(files.core, { status: 404 });
    assert.deepEqual(bad(findings), ["file.core"]);
    assert.match(one(findings, "file.core").detail, /answered 404/);
  });
  await test("wasm of another MIME type works, and is a warning", async () => {
    const [findings] = await broken(files.core, { type: "application/octet-stream" });
    assert.deepEqual(notGood(findings), { "file.core": "warning", persisted: "warning" });
    assert.match(one(findings, "file.core").detail, /application\/octet-stream/);
    assert.match(one(findings, "file.core").fix, /application\/wasm/);
    assert.equal(one(findings, "collections").ok, "good");
  });
  await test("a module that few pages need is a warning", async () => {
    const [findings] = await broken(files.converter, { html: true });
    assert.deepEqual(notGood(findings), { "file.converter": "warning", persisted: "warning" });
  });
  await test("a worker that is not served: that is bad, and workerUrl helps", async () => {
    const elsewhere = { workerUrl: files.worker.replace("/assets/", "/copy/") };
    const [findings, mended] = await broken(files.worker, { html: true }, {}, elsewhere);
    assert.deepEqual(bad(findings), ["worker"]);
    assert.match(one(findings, "worker").detail, /worker.*got HTML/);
    assert.match(one(findings, "worker").fix, /workerUrl/);
    assert.deepEqual(notGood(mended), { persisted: "warning" });
  });
  await test("a worker of another origin, which no browser starts: that is bad", async () => {
    const server = await startServer({ mounts, cors: true });
    const page = await environment.openPage();
    const workerUrl = server.url.slice(0, -1) + files.worker;
    const { findings } = await page.evaluate((url) => window.doctor({ workerUrl: url }), workerUrl);
    assert.deepEqual(bad(findings), ["worker"]);
    assert.match(one(findings, "worker").fix, /own origin|Content-Security-Policy/);
    await page.close();
    await server.close();
  });
  await test("a server that does not answer: the check ends with its time", async () => {
    const [findings] = await broken(files.core, { delayMs: 60_000 }, { timeLimit: 1500 });
    assert.deepEqual(bad(findings), ["file.core"]);
    assert.match(one(findings, "file.core").detail, /within 1500 ms/);
  });
}

async function policies(test, environment) {
  const { mounts } = environment;
  const under = async (csp, files) => {
    const server = await startServer({ csp, mounts, files });
    const page = await environment.openPage(server.url);
    const { findings } = await page.evaluate(() => window.doctor());
    await page.close();
    await server.close();
    return findings;
  };
  const mend = (csp, { fix }) => {
    const must = /Content-Security-Policy: (.*)$/.exec(fix)[1].replace(/http\S+/, "'self'");
    const name = must.split(" ")[0];
    const others = csp.split("; ").filter((part) => !part.startsWith(`${name} `));
    return [...others, must].join("; ");
  };
  for (const [id, csp, detail] of [
    ["csp-wasm", "default-src 'self'; worker-src 'self'", /forbids it/],
    ["worker", POLICY.replace("worker-src 'self'", "worker-src 'none'"), /worker-src/],
    ["file.core", `${POLICY}; connect-src 'none'`, /connect-src/],
  ]) {
    await test(`${id} is bad under "${csp}", and the policy that is told helps`, async () => {
      const findings = await under(csp);
      assert.deepEqual(bad(findings), [id]);
      const found = one(findings, id);
      assert.match(found.detail, detail);
      const mended = await under(mend(csp, found));
      assert.deepEqual(notGood(mended), { persisted: "warning" });
    });
  }
  await test("a policy of the page alone forbids only what runs in the page", async () => {
    const meta = `<meta http-equiv="content-security-policy" content="script-src 'self'">`;
    const html = await readFile(join(mounts["/"], "index.html"), "utf8");
    const files = { "/": html.replace("<head>", `<head>${meta}`) };
    const served = { "/index.html": files["/"], "/page.html": files["/"] };
    const server = await startServer({ mounts, files: served });
    const page = await environment.openPage(`${server.url}page.html`);
    const { findings } = await page.evaluate(() => window.doctor());
    assert.deepEqual(notGood(findings), { "csp-wasm": "warning", persisted: "warning" });
    const { findings: inPlace } = await page.evaluate(() => window.doctor({ worker: false }));
    assert.deepEqual(bad(inPlace), ["csp-wasm"]);
    await page.close();
    await server.close();
  });
}

async function refusedStorage(test, environment) {
  await test("no room: IndexedDB is bad, and more room helps", async () => {
    const server = await startServer({ csp: POLICY, mounts: environment.mounts });
    const page = await environment.openPage(server.url);
    const session = await page.context().newCDPSession(page);
    const origin = new URL(server.url).origin;
    await session.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: 1 });
    const { findings } = await page.evaluate(() => window.doctor());
    assert.deepEqual(bad(findings), ["indexeddb", ...(await fullToo(findings))]);
    assert.match(one(findings, "indexeddb").fix, /Delete data/);
    await session.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: 1e9 });
    const { findings: later } = await page.evaluate(() => window.doctor());
    assert.deepEqual(notGood(later), { persisted: "warning" });
    await page.close();
    await server.close();
  });
  await test("storage that a visitor forbids: IndexedDB is bad, the rest are warnings", async () => {
    const server = await startServer({ csp: POLICY, mounts: environment.mounts });
    // 2: "block", as in the settings for all sites.
    const preferences = { profile: { default_content_setting_values: { cookies: 2 } } };
    const browser = await launchChromium({ preferences });
    const page = await browser.context.newPage();
    await page.goto(server.url);
    await page.waitForFunction(() => "suites" in window);
    const { findings } = await page.evaluate(() => window.doctor());
    assert.deepEqual(bad(findings), ["indexeddb"]);
    assert.match(one(findings, "indexeddb").fix, /Allow the site to store data/);
    assert.deepEqual(notGood(findings), {
      indexeddb: "bad",
      locks: "warning",
      persisted: "warning",
      models: "warning",
    });
    await browser.close();
    await server.close();
  });
}

/** With nothing of the quota left, the room itself is bad as well. */
async function fullToo(findings) {
  return one(findings, "quota").ok === "bad" ? ["quota"] : [];
}

async function places(test, environment) {
  await test("without https: what browsers do not give such pages are warnings", async () => {
    const server = await startServer({ csp: POLICY, mounts: environment.mounts });
    const args = [...FLAGS, "--host-resolver-rules=MAP insecure.test 127.0.0.1"];
    const browser = await launchChromium({ args });
    const page = await browser.context.newPage();
    await page.goto(`http://insecure.test:${server.port}/`);
    await page.waitForFunction(() => "suites" in window);
    const { findings } = await page.evaluate(() => window.doctor());
    assert.deepEqual(notGood(findings), {
      "secure-context": "warning",
      files: "warning",
      locks: "warning",
      models: "warning",
    });
    for (const { ok, fix } of findings) if (ok !== "good") assert.match(fix, /https/);
    await browser.close();
    await server.close();
  });
  await test("isolated pages are told so; worker: false has no second copy", async () => {
    const server = await startServer({ isolated: true, mounts: environment.mounts });
    const page = await environment.openPage(server.url);
    const { findings } = await page.evaluate(() => window.doctor({ worker: false }));
    assert.match(one(findings, "isolation").detail, /^isolated/);
    assert.deepEqual(notGood(findings), { files: "warning", persisted: "warning" });
    assert.equal(
      findings.some(({ id }) => id === "worker"),
      false,
    );
    await page.close();
    await server.close();
  });
}

const one = (findings, id) => findings.find((finding) => finding.id === id);
const bad = (findings) => findings.filter(({ ok }) => ok === "bad").map(({ id }) => id);
/** Without what was not tried because of another. */
const notGood = (findings) =>
  Object.fromEntries(
    findings
      .filter(({ ok, detail }) => ok !== "good" && !detail.startsWith("not tried"))
      .map(({ id, ok }) => [id, ok]),
  );
