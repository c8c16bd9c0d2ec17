import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { startServer } from "../../tools/loopback-server.mjs";
import { POLICY } from "../support/policy.mjs";

const FOLDER = fileURLToPath(new URL("../fixtures/clip", import.meta.url));
const DIMENSIONS = 512;
/** Least cosine to Python's vectors: JPEG decoders differ by a level or two. */
const LEAST = 1 - 1e-4;

/** CLIP end to end in a worker, with the small model of tests/fixtures/clip, under the strict policy. */
export async function clip(test, environment) {
  const mounts = { ...environment.mounts, "/clip/": FOLDER };
  const server = await startServer({ mounts, csp: POLICY });
  const expected = JSON.parse(await readFile(`${FOLDER}/expected.json`, "utf8"));
  const bytes = new Uint8Array(await readFile(`${FOLDER}/expected.f32`));
  const vectors = new Float32Array(bytes.buffer);
  const page = await environment.openPage(server.url);
  await page.evaluate(() => {
    window.clip = window.pagevec.clip({ modelUrl: "/clip/", onTruncate: () => {} });
  });

  await test("clip: texts as in Python", async () => {
    const found = await page.evaluate(async (texts) => {
      const result = await window.clip.generate(texts);
      return result.map((vector) => [...vector]);
    }, expected.texts);
    compare(found, vectors, 0, expected.texts);
  });

  for (const how of ["address", "blob", "bitmap", "data URL"]) {
    await test(`clip: image files by ${how} as in Python`, async () => {
      const found = await page.evaluate(embedFiles, { files: expected.files, how });
      compare(found, vectors, expected.texts.length, expected.files);
    });
  }

  await test("clip: ImageData as in Python, and a mixed batch keeps its order", async () => {
    const found = await page.evaluate(async (sizes) => {
      const images = sizes.map(({ width, height }) => {
        const image = new ImageData(width, height);
        for (let y = 0, at = 0; y < height; y++) {
          for (let x = 0; x < width; x++) {
            image.data[at++] = (x * 7 + y * 3) & 255;
            image.data[at++] = (x * y) & 255;
            image.data[at++] = ((((x >> 3) + (y >> 3)) % 2) * 255 + x) & 255;
            image.data[at++] = 255;
          }
        }
        return image;
      });
      const result = await window.clip.generateImages(images);
      return result.map((vector) => [...vector]);
    }, expected.pixels);
    const names = expected.pixels.map(({ width, height }) => `${width} x ${height}`);
    compare(found, vectors, expected.texts.length + expected.files.length, names);
  });

  await test("clip: what cannot be decoded or loaded is refused with a code", async () => {
    const codes = await page.evaluate(async () => {
      const images = [
        new Blob(["no image"]),
        "/clip/images/none.png",
        "data:image/png;base64,AAAA",
        7,
      ];
      const codeOf = (image) =>
        window.clip.generateImages([image]).then(
          () => "none",
          ({ code }) => code,
        );
      const found = [];
      for (const image of images) found.push(await codeOf(image));
      return found;
    });
    assert.deepEqual(codes, [
      "invalid_argument",
      "not_found",
      "invalid_argument",
      "invalid_argument",
    ]);
  });

  await test("clip: a second visit downloads no file of the model", async () => {
    assert.equal(await page.evaluate(() => window.clip.isCached()), true);
    await page.evaluate(() => window.clip.close());
    const before = server.requests.length;
    await page.evaluate(async () => {
      const again = window.pagevec.clip({ modelUrl: "/clip/" });
      await again.load();
      await again.close();
    });
    const model = server.requests.slice(before).filter(({ path }) => path.startsWith("/clip/"));
    assert.deepEqual(model, []);
    await page.evaluate(() => window.pagevec.clip({ modelUrl: "/clip/" }).clear());
    const left = await page.evaluate(() => window.pagevec.clip({ modelUrl: "/clip/" }).isCached());
    assert.equal(left, false);
  });

  await page.close();
  await server.close();
}

/** Runs in the page. */
async function embedFiles({ files, how }) {
  const images = [];
  for (const name of files) {
    const address = `/clip/images/${name}`;
    const blob = await (await fetch(address)).blob();
    if (how === "address") images.push(address);
    if (how === "blob") images.push(blob);
    if (how === "bitmap") {
      images.push(
        await createImageBitmap(blob, { premultiplyAlpha: "none", colorSpaceConversion: "none" }),
      );
    }
    if (how === "data URL") {
      const bytes = new Uint8Array(await blob.arrayBuffer());
      images.push(`data:${blob.type};base64,${btoa(String.fromCharCode(...bytes))}`);
    }
  }
  const result = await window.clip.generateImages(images);
  return result.map((vector) => [...vector]);
}

function compare(found, vectors, first, names) {
  assert.equal(found.length, names.length);
  const wrong = [];
  for (const [i, name] of names.entries()) {
    const expected = vectors.subarray((first + i) * DIMENSIONS, (first + i + 1) * DIMENSIONS);
    const cosine = expected.reduce((sum, value, at) => sum + value * found[i][at], 0);
    if (!(cosine >= LEAST)) wrong.push(`${name}: ${cosine}`);
  }
  assert.deepEqual(wrong, []);
}
