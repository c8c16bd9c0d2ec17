import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { findFile, findModel, MODELS } from "../../js/src/models/manifest.js";

interface Source {
  type: string;
  repository: string;
  revision: string;
  path: string;
  bytes?: number;
  sha256?: string;
}
interface File {
  path: string;
  bytes: number;
  sha256: string;
  companion?: string;
  sources: Source[];
}
interface Manifest {
  models: { name: string; files: Record<string, File> }[];
}

const manifest: Manifest = JSON.parse(
  readFileSync(new URL("../../models/manifest.json", import.meta.url), "utf8"),
);

/** What the package must know of a file in the manifest. */
function packaged({ path, bytes, sha256, companion, sources }: File) {
  return {
    path,
    contents: [
      { bytes, sha256 },
      ...sources.flatMap((source) =>
        source.sha256 ? [{ bytes: source.bytes, sha256: source.sha256 }] : [],
      ),
    ],
    urls: [
      ...(companion ? [`https://cdn.jsdelivr.net/npm/${companion}/${path}`] : []),
      ...sources
        .filter(({ type }) => type === "hub")
        .map(
          ({ repository, revision, path }) =>
            `https://huggingface.co/${repository}/resolve/${revision}/${path}`,
        ),
    ],
  };
}

describe("the package's manifest is models/manifest.json", () => {
  test("the same models", () => {
    expect(MODELS.map(({ name }) => name)).toEqual(manifest.models.map(({ name }) => name));
  });

  test.each(manifest.models)("$name", ({ files, ...facts }) => {
    const spec = findModel(facts.name);
    const { files: specFiles, ...specFacts } = spec;
    expect(specFacts).toEqual(facts);
    for (const name of Object.keys(specFiles)) {
      expect(findFile(spec, name)).toEqual(packaged(files[name] as File));
    }
    expect(Object.keys(files)).toEqual(expect.arrayContaining(Object.keys(specFiles)));
  });
});

test("what is not there is named, with what is", () => {
  expect(() => findModel("gpt")).toThrow('there is no model "gpt"; there is all-MiniLM-L6-v2, bge');
  expect(() => findFile(findModel("all-MiniLM-L6-v2"), "fp64")).toThrow('no file "fp64"');
});
