import { readFileSync } from "node:fs";
import { mkdtemp, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { type DoctorFinding, doctor, reportText } from "../../js/src/doctor/index.js";
import { allowing } from "../../js/src/doctor/policy.js";

// What of it applies in Node. What it finds in pages: tests/browser/doctor.mjs.
const WASM = join(process.cwd(), "js/wasm");
const options = { wasmUrl: WASM };
const byId = (findings: DoctorFinding[]) =>
  Object.fromEntries(findings.map((finding) => [finding.id, finding]));

test("in Node it tries what there is, and finds it good", async () => {
  const { ok, findings, version } = await doctor(options);
  expect(findings.map(({ id }) => id)).toEqual([
    "simd",
    "file.core",
    "file.converter",
    "file.sentencepiece",
    "core",
    "csp-wasm",
    "onnxruntime",
    "clock",
  ]);
  expect(findings.filter((finding) => finding.ok !== "good")).toEqual([]);
  expect(ok).toBe("good");
  expect(version).toBe(JSON.parse(readFileSync("js/package.json", "utf8")).version);
});

test("files that are not there, or are something else, are bad and say where they were looked for", async () => {
  const folder = await mkdtemp(join(tmpdir(), "pagevec-doctor-"));
  for (const variant of ["simd128", "relaxed"]) {
    await writeFile(join(folder, `core.${variant}.wasm`), "<!doctype html>");
  }
  const { ok, findings } = await doctor({ wasmUrl: folder });
  const found = byId(findings);
  expect(ok).toBe("bad");
  expect(findings.filter((finding) => finding.ok === "bad").map(({ id }) => id)).toEqual([
    "file.core",
  ]);
  expect(found["file.core"]?.detail).toMatch(/pagevec-doctor-.*\.wasm is not served: got HTML/);
  expect(found["file.converter"]).toMatchObject({ ok: "warning", fix: /wasmUrl/ });
  // It would only say the same once more.
  expect(found.core).toMatchObject({ ok: "warning", detail: /not tried: .*core's wasm file/ });
});

test("a core that was given as bytes is tried as it is", async () => {
  const wasmBinary = readFileSync(join(WASM, "core.simd128.wasm"));
  const sound = byId((await doctor({ ...options, wasmBinary, variant: "simd128" })).findings);
  expect(sound["file.core"]).toBeUndefined();
  expect(sound.core?.ok).toBe("good");
  const cut = wasmBinary.subarray(0, 1000);
  const damaged = byId(
    (await doctor({ ...options, wasmBinary: cut, variant: "simd128" })).findings,
  );
  expect(damaged.core).toMatchObject({ ok: "bad", detail: /cannot be compiled/ });
});

test("it does not reject: not for wrong options, nor for listeners that throw", async () => {
  const complaints: unknown[] = [];
  const { error } = console;
  console.error = (text) => complaints.push(text);
  try {
    const onFinding = () => {
      throw new Error("of the listener");
    };
    const { findings } = await doctor({ wasmUrl: "https://[", onFinding } as never);
    expect(complaints).toHaveLength(findings.length);
    expect(byId(findings)["file.core"]?.ok).toBe("bad");
  } finally {
    console.error = error;
  }
});

test("a check ends with its time, and the others go on", async () => {
  const silent = createServer(() => {});
  await new Promise<void>((listening) => silent.listen(0, "127.0.0.1", listening));
  const { port } = silent.address() as AddressInfo;
  const wasmUrl = `http://127.0.0.1:${port}/`;
  const { findings } = await doctor({ wasmUrl, timeLimit: 100 });
  silent.closeAllConnections();
  silent.close();
  const found = byId(findings);
  expect(found["file.core"]).toMatchObject({ ok: "bad", detail: "no answer within 100 ms" });
  expect(found["csp-wasm"]?.ok).toBe("good");
  expect(findings).toHaveLength(8);
});

test("an abort ends it with what has been found", async () => {
  const controller = new AbortController();
  const { signal } = controller;
  const told: string[] = [];
  const onFinding = ({ id }: DoctorFinding) => {
    told.push(id);
    if (id === "file.core") controller.abort();
  };
  const { findings } = await doctor({ ...options, signal, onFinding });
  expect(findings.map(({ id }) => id)).toEqual(["simd", "file.core"]);
  expect(told).toEqual(["simd", "file.core"]);
});

test("a report as text has every finding and what to do", async () => {
  const report = await doctor({ wasmUrl: join(tmpdir(), "nowhere") });
  const text = reportText(report);
  expect(text).toMatch(/^pagevec \d+\.\d+\.\d+, 20\d\d-/);
  for (const { id, detail, fix } of report.findings) {
    expect(text).toContain(` ${id}: `);
    expect(text).toContain(detail);
    if (fix) expect(text).toContain(`-> ${fix}`);
  }
});

test("a policy is told as it must be", () => {
  const wasm = "'wasm-unsafe-eval'";
  expect(allowing("script-src 'self'; img-src *", "script-src", wasm)).toBe(
    `script-src 'self' ${wasm}`,
  );
  expect(allowing("default-src 'self'", "script-src", wasm)).toBe(`script-src 'self' ${wasm}`);
  expect(allowing("default-src 'self'; worker-src 'none'", "worker-src", "'self'")).toBe(
    "worker-src 'self'",
  );
  expect(allowing("script-src a.test;default-src b.test", "worker-src", "'self'")).toBe(
    "worker-src a.test 'self'",
  );
  expect(allowing("img-src *", "connect-src", "https://a.test")).toBe("connect-src https://a.test");
});
