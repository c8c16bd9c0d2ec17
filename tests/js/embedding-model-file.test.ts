import { describe, expect, test } from "@jest/globals";
import { prepareModel } from "../../js/src/embedding/hub/prepare.js";
import { type LocalModelOptions, localModel } from "../../js/src/embedding/named-model.js";
import { localReranker } from "../../js/src/rerank/local-reranker.js";
import {
  makeTinyBert,
  makeTinyCrossEncoder,
  type TinyBert,
  type TinyBertOptions,
} from "../support/tiny-bert.mjs";
import { HubServer } from "./support/hub-server.js";

const TEXTS = ["cat sits on the mat", "the old house"];

const hub = new HubServer();

/** A tiny model in a folder of the server, and the .pvm file that comes of it beside it. */
async function convert(
  { files: folder }: Pick<TinyBert, "files"> = makeTinyBert(),
  file = "tiny.pvm",
  task?: "rerank",
) {
  hub.serve("tiny", folder);
  const source = {
    repository: "tiny",
    revision: "main",
    task,
    modelUrl: [`${hub.server.url}tiny/`],
  };
  const params = {
    source,
    engine: "native",
    device: "wasm",
    dtype: "fp32",
    wasmUrl: undefined,
  } as const;
  const context = { signal: new AbortController().signal, progress() {} };
  const { files } = await prepareModel(params, context, () => {});
  const [bytes] = files as [Uint8Array];
  hub.server.files.clear();
  hub.server.requests.length = 0;
  hub.serve("own", { [file]: bytes });
  return bytes;
}

function open(options: LocalModelOptions = {}, name = "mine") {
  const given = { modelUrl: `${hub.server.url}own/tiny.pvm`, worker: false as const, ...options };
  return hub.keep(localModel(name, given));
}

describe("a .pvm file of one's own", () => {
  test.each<TinyBertOptions>([
    { pooling: "mean", normalize: true },
    { pooling: "cls", normalize: false, seed: 2 },
  ])("%j: is loaded by its address, and says all of the model", async (options) => {
    const tiny = makeTinyBert(options);
    await convert(tiny);
    const model = open();
    const vectors = await model.generate(TEXTS);
    expect(model).toMatchObject({ dimensions: tiny.dimensions, maxTokens: 16, engine: "native" });
    const paths = hub.server.requests.map(({ path }) => path);
    expect(new Set(paths)).toEqual(new Set(["/own/tiny.pvm"]));
    hub.serve("tiny", tiny.files);
    const folder = open({ modelUrl: `${hub.server.url}tiny` });
    expect(vectors).toEqual(await folder.generate(TEXTS));
    expect(await model.generateForQueries(TEXTS)).toEqual(await folder.generateForQueries(TEXTS));
  });

  test("goes before the folders beside it; where it is missing, they are tried", async () => {
    const tiny = makeTinyBert();
    await convert(tiny);
    hub.serve("tiny", tiny.files);
    const places = [`${hub.server.url}tiny`, `${hub.server.url}own/none.pvm`];
    await open({ modelUrl: places }).load();
    await expect(open({ modelUrl: places[1] as string }).load()).rejects.toMatchObject({
      code: "not_found",
      message: /own\/none\.pvm/,
    });
  });

  test("may have the name of a published model, whose bytes it does not have", async () => {
    const tiny = makeTinyBert();
    await convert(tiny, "bge-small-en-v1.5.pvm");
    const modelUrl = `${hub.server.url}own/bge-small-en-v1.5.pvm`;
    const [vector] = await open({ modelUrl }, "bge-small-en-v1.5").generate(["cat"]);
    expect(vector).toHaveLength(tiny.dimensions);
  });

  test("of a cross-encoder ranks", async () => {
    const tiny = makeTinyCrossEncoder({});
    await convert(tiny, "tiny.pvm", "rerank");
    const options = { worker: false as const };
    const own = hub.keep(
      localReranker("mine", { modelUrl: `${hub.server.url}own/tiny.pvm`, ...options }),
    );
    const scores = await own.rerank("cat", TEXTS);
    hub.serve("tiny", tiny.files);
    const folder = hub.keep(
      localReranker("tiny", { modelUrl: `${hub.server.url}tiny`, ...options }),
    );
    expect(scores).toEqual(await folder.rerank("cat", TEXTS));
  });

  test("is refused when it is another file, cut off or of a later version", async () => {
    const bytes = await convert();
    const later = bytes.slice();
    new DataView(later.buffer).setUint16(4, 2, true);
    const refused = async (content: string | Uint8Array, code: string) => {
      hub.serve("own", { "tiny.pvm": content });
      await expect(open().load()).rejects.toMatchObject({ code, message: /mine|tiny\.pvm/ });
    };
    await refused("<!doctype html>", "not_found");
    await refused("no model, but long enough to be one: ".repeat(9), "corrupt");
    await refused(bytes.slice(0, bytes.length - 64), "corrupt");
    await refused(bytes.slice(0, 100), "corrupt");
    await refused(later, "format_too_new");
  });
});
