import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { deflateRawSync } from "node:zlib";
import { describe, expect, test } from "@jest/globals";
import { readZipEntry } from "../../models/zip.mjs";
import { modelFolder } from "./model-folder.js";

/** A zip archive as the format's description has it; fields that are not read stay 0. */
function makeZip(files: Record<string, Buffer>, comment = ""): Buffer {
  const local: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [path, content] of Object.entries(files)) {
    const deflated = content.length > 20;
    const data = deflated ? deflateRawSync(content) : content;
    const name = Buffer.from(path);
    const header = Buffer.alloc(30 + name.length + 4);
    header.writeUInt32LE(0x04034b50, 0);
    header.writeUInt16LE(name.length, 26);
    header.writeUInt16LE(4, 28);
    name.copy(header, 30);
    const entry = Buffer.alloc(46 + name.length);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(deflated ? 8 : 0, 10);
    entry.writeUInt32LE(data.length, 20);
    entry.writeUInt32LE(content.length, 24);
    entry.writeUInt16LE(name.length, 28);
    entry.writeUInt32LE(offset, 42);
    name.copy(entry, 46);
    local.push(header, data);
    directory.push(entry);
    offset += header.length + data.length;
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt32LE(offset, 16);
  end.writeUInt16LE(comment.length, 20);
  return Buffer.concat([...local, ...directory, end, Buffer.from(comment)]);
}

describe("readZipEntry", () => {
  const long = Buffer.from("deflated ".repeat(100));
  const zip = makeZip({ "a/stored.txt": Buffer.from("stored"), "b.bin": long }, "a comment");

  test("reads stored and deflated files", () => {
    expect(readZipEntry(zip, "a/stored.txt").toString()).toBe("stored");
    expect(readZipEntry(zip, "b.bin").equals(long)).toBe(true);
  });

  test("names what is not there", () => {
    expect(() => readZipEntry(zip, "c")).toThrow("the archive has no file c");
    expect(() => readZipEntry(Buffer.alloc(100), "c")).toThrow("not a zip archive");
  });
});

describe("models/fetch", () => {
  const script = fileURLToPath(new URL("../../models/fetch.mjs", import.meta.url));
  const run = (args: string[], env: NodeJS.ProcessEnv = {}) =>
    spawnSync(process.execPath, [script, ...args], {
      encoding: "utf8",
      env: { ...process.env, ...env },
    });

  test("says where the models are", () => {
    expect(run(["--where"], { PAGEVEC_CACHE: "/a/b" }).stdout).toBe("/a/b/models\n");
    const env = { PAGEVEC_CACHE: "", XDG_CACHE_HOME: "/x" };
    expect(run(["--where"], env).stdout).toBe("/x/pagevec/models\n");
    expect(run(["--where", "--to", "/z"]).stdout).toBe("/z\n");
  });

  test("names the models and files there are", () => {
    expect(run(["gpt"])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("all-MiniLM"),
    });
    expect(run(["--files", "fp8"])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("vocab, tokenizer, int8, pvm, fp32, safetensors"),
    });
  });

  test("leaves right files alone, silently, and puts wrong ones right", () => {
    const good = join(modelFolder("all-MiniLM-L6-v2", ["vocab"]), "vocab.txt");
    const folder = mkdtempSync(join(tmpdir(), "pagevec-fetch-"));
    const target = join(folder, "all-MiniLM-L6-v2/vocab.txt");
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, readFileSync(good));
    expect(run(["--files", "vocab", "--to", folder])).toMatchObject({
      status: 0,
      stdout: "",
      stderr: "",
    });
    const changed = readFileSync(good);
    changed.writeUInt8(changed.readUInt8(100) ^ 1, 100);
    writeFileSync(target, changed);
    expect(run(["--files", "vocab", "--to", folder])).toMatchObject({ status: 0 });
    expect(readFileSync(target).equals(readFileSync(good))).toBe(true);
    rmSync(folder, { recursive: true });
  }, 600_000);
});
