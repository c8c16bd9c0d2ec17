/**
 * How fast miniLM() embeds in Chromium, one thread: one text a run, against ONNX Runtime Web with
 * length-sorted batches of 32, in turns in one page.
 */
import { glosses } from "../../tools/glosses.mjs";
import { openEnvironment } from "../browser/environment.mjs";
import { median, report } from "./report.mjs";

const ROUNDS = 5;

const environment = await openEnvironment();
const page = await environment.openPage();
const all = glosses();
const passages = Array.from({ length: 24 }, (_, i) => all.slice(i * 20, i * 20 + 20).join(" "));
const sets = {
  short: all.slice(0, 256).map((text) => text.split(":")[0]),
  medium: all.slice(0, 256),
  long: passages,
};
for (const [set, texts] of Object.entries(sets)) {
  const args = { texts, rounds: ROUNDS, modelUrl: environment.modelUrl };
  const times = await page.evaluate((a) => window.benchEmbed(a), args);
  const rate = (name) => texts.length / (median(times[name]) / 1000);
  for (const dtype of ["int8", "fp32"]) {
    const against = `onnxruntime-web ${dtype}, sorted batches of 32`;
    const [ours, batched] = [rate(dtype), rate(`${dtype}-batched`)];
    report({
      name: `embed.${set}.${dtype}`,
      value: ours,
      unit: "texts/s",
      ratio: ours / batched,
      against,
    });
  }
}
await environment.close();
