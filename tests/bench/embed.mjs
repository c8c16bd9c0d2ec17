/**
 * How fast miniLM() embeds in Chromium, one thread, int8 and fp32 in turns: single queries, and glosses in
 * bulk, as given and one text a run.
 */
import { glosses } from "../../tools/glosses.mjs";
import { openEnvironment } from "../browser/environment.mjs";
import { median, report } from "./report.mjs";

const ROUNDS = 3;
const TEXTS = 256;

const environment = await openEnvironment();
const page = await environment.openPage();
const all = glosses();
const sets = {
  short: all.slice(0, TEXTS).map((text) => text.split(":")[0]),
  medium: all.slice(0, TEXTS),
};
for (const [set, texts] of Object.entries(sets)) {
  const times = await page.evaluate((args) => window.benchEmbed(args), {
    texts,
    rounds: ROUNDS,
    modelUrl: environment.modelUrl,
  });
  const rate = (dtype) => texts.length / (median(times[dtype]) / 1000);
  report({ name: `embed.${set}.fp32`, value: rate("fp32"), unit: "texts/s" });
  report({
    name: `embed.${set}.int8`,
    value: rate("int8"),
    unit: "texts/s",
    ratio: rate("int8") / rate("fp32"),
    against: "fp32",
  });
}
await environment.close();
