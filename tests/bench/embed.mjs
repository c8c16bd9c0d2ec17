/**
 * How fast miniLM() embeds in Chromium, one thread: its own engine in both SIMD variants and ONNX
 * Runtime Web, against ONNX Runtime Web int8 in length-sorted batches of 32, in turns in one page.
 * Short: queries, one a call; medium: glosses; long: passages that fill the model's 256 tokens.
 */
import { glosses } from "../../tools/glosses.mjs";
import { openEnvironment } from "../browser/environment.mjs";
import { median, report } from "./report.mjs";

const ROUNDS = Number(process.env.ROUNDS ?? 3);
const AGAINST = "onnxruntime-web-q8";

const all = glosses();
const words = (text) => text.split(/\s+/).length;
const sets = {
  short: all
    .map((text) => text.split(";")[0])
    .filter((text) => words(text) === 6)
    .slice(0, 256),
  medium: all.filter((text) => words(text) >= 16 && words(text) <= 30).slice(0, 512),
  long: Array.from({ length: 64 }, (_, i) => all.slice(40 * i, 40 * i + 40).join(" ")),
};

const environment = await openEnvironment();
const page = await environment.openPage();
for (const [set, texts] of Object.entries(sets)) {
  const oneByOne = set === "short";
  const args = { texts, oneByOne, rounds: ROUNDS, modelUrl: environment.modelUrl };
  const times = await page.evaluate((a) => window.benchEmbed(a), args);
  const rate = (name) => texts.length / (median(times[name]) / 1000);
  report({ name: `embed.${set}.${AGAINST}`, value: rate("batched"), unit: "texts/s" });
  for (const name of ["relaxed", "simd128", "int8", "fp32"]) {
    report({
      name: `embed.${set}.${name}`,
      value: rate(name),
      unit: "texts/s",
      ratio: rate(name) / rate("batched"),
      against: AGAINST,
    });
  }
}
await environment.close();
