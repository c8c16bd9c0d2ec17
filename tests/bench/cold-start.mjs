/**
 * From an empty browser to the first vector: fetch from loopback, compile, load, embed one text;
 * miniLM() in its worker beside ONNX Runtime Web int8 on the page itself, which gets token ids for
 * nothing. And the wasm memory of both (each with pagevec's core, for the tokenizer), once they are
 * loaded and after 64 passages of 256 tokens.
 *
 * ROUNDS: how many fresh browsers each has, in turns (5).
 */
import { launchChromium } from "../../tools/chromium.mjs";
import { glosses } from "../../tools/glosses.mjs";
import { openEnvironment } from "../browser/environment.mjs";
import { median, report } from "./report.mjs";

const ROUNDS = Number(process.env.ROUNDS ?? 5);
const SYSTEMS = ["pagevec", "onnxruntime-web-q8"];
const MIB = 1024 * 1024;
const BUDGETS = { loaded: 40 * MIB, peak: 80 * MIB };

const environment = await openEnvironment();
const { modelUrl } = environment;
const all = glosses();
const passages = Array.from({ length: 64 }, (_, i) => all.slice(40 * i, 40 * i + 40).join(" "));

/** What `run` gives in a page of a browser that has never been there. */
async function inFreshBrowser(name, args) {
  const browser = await launchChromium();
  try {
    const page = await browser.context.newPage();
    await page.goto(environment.server.url);
    await page.waitForFunction(() => "suites" in window);
    return await page.evaluate(([run, given]) => window[run](given), [name, args]);
  } finally {
    await browser.close();
  }
}

const times = Object.fromEntries(SYSTEMS.map((system) => [system, []]));
for (let round = 0; round < ROUNDS; ++round) {
  for (const system of SYSTEMS) {
    times[system].push(await inFreshBrowser("benchColdStart", { system, modelUrl }));
  }
}
const [ours, theirs] = SYSTEMS.map((system) => median(times[system]));
report({ name: "cold-start.onnxruntime-web-q8", value: theirs, unit: "ms" });
report({
  name: "cold-start.pagevec",
  value: ours,
  unit: "ms",
  ratio: ours / theirs,
  against: "onnxruntime-web-q8",
});
for (const system of SYSTEMS) {
  const memory = await inFreshBrowser("benchMemory", { system, modelUrl, texts: passages });
  for (const [when, budget] of Object.entries(BUDGETS)) {
    const against = system === "pagevec" ? "budget" : undefined;
    report({
      name: `memory.${when}.${system}`,
      value: memory[when] / MIB,
      unit: "MiB",
      ratio: against && memory[when] / budget,
      against,
    });
  }
}
await environment.close();
