/** What a visitor downloads, gzip -9: the wasm core, and the package's JavaScript without ONNX Runtime. */
import { fileURLToPath } from "node:url";
import { measureSizes } from "../../tools/sizes.mjs";
import { report } from "./report.mjs";

const sizes = await measureSizes(fileURLToPath(new URL("../../js", import.meta.url)));
for (const { name, bytes, budget } of sizes) {
  report({ name, value: bytes / 1024, unit: "KiB", ratio: bytes / budget, against: "budget" });
}
