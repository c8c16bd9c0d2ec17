import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, test } from "@jest/globals";
import type { Encoder } from "../../js/src/embedding/encoder.js";
import { NativeEncoder } from "../../js/src/embedding/native-encoder.js";
import { openOnnxEncoder } from "../../js/src/embedding/onnx/session.js";
import { loadCore } from "../../js/src/engine/load.js";
import { unwrap } from "../../js/src/engine/outcome.js";
import { findModel } from "../../js/src/models/manifest.js";
import { encoderContract } from "../contract/encoder.js";
import { modelFolder } from "./model-folder.js";

const MODEL = "all-MiniLM-L6-v2";
const FIRST_CONVERSION_MS = 900_000;
const RUN_MS = 60_000;

let folder: string;
beforeAll(() => {
  folder = modelFolder(MODEL, ["int8", "pvm"]);
}, FIRST_CONVERSION_MS);

const read = (path: string) => new Uint8Array(readFileSync(join(folder, path)));

const encoders: Record<string, () => Promise<Encoder>> = {
  async native() {
    const core = await loadCore({ variant: "simd128" });
    return new NativeEncoder(unwrap(core.createEncoder(read(`${MODEL}.pvm`))));
  },
  onnx: () => openOnnxEncoder(read("onnx/model_quantized.onnx"), findModel(MODEL)),
};

describe.each(Object.keys(encoders))("%s encoder", (name) => {
  test.each(encoderContract.map((each) => [each.name, each] as const))(
    "%s",
    (_, each) => each.run({ open: encoders[name] as () => Promise<Encoder> }),
    RUN_MS,
  );
});
