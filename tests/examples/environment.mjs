import { execFile, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { launchChromium } from "../../tools/chromium.mjs";
import { modelsFolder } from "../../tools/model-cache.mjs";
import { installProject, packPackage } from "../bundlers/project.mjs";
import { quietEnvironment } from "../bundlers/tool-server.mjs";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const MODEL_PACKAGE = join(ROOT, "build/packages/@pagevec/all-minilm-l6-v2");
/** In the order of Environment.tarballs. */
const PACKED = ["pagevec", "@pagevec/all-minilm-l6-v2"];
const MODEL_HOSTS = /^https:\/\/(cdn\.jsdelivr\.net\/npm\/@pagevec|huggingface\.co)\//;

/** What a test waits for on a busy machine. */
export const WAIT_MS = 60_000;

/** What the examples' tests share: the packed packages, installed examples, browsers that have the models. */
export class Environment {
  #tarballs;
  #addresses;

  /** pagevec and the package of its model, packed. */
  get tarballs() {
    this.#tarballs ??= [packPackage(), packPackage(this.#modelPackage())];
    return this.#tarballs;
  }

  /** Where each address from which pagevec downloads a file by itself lies on this machine. */
  get modelFiles() {
    this.#addresses ??= modelAddresses();
    return this.#addresses;
  }

  #modelPackage() {
    const models = modelsFolder("all-MiniLM-L6-v2", "vocab,pvm");
    const made = spawnSync(join(ROOT, "models/package/build"), ["--models", models]);
    if (made.status !== 0) throw new Error(`models/package/build failed: ${made.stderr}`);
    return MODEL_PACKAGE;
  }

  /** The example, copied and installed as its package.json says. */
  install(name) {
    const source = join(ROOT, "examples", name);
    const app = JSON.parse(readFileSync(join(source, "package.json"), "utf8"));
    const wanted = Object.keys(app.dependencies);
    const tarballs = this.tarballs.filter((_, i) => wanted.includes(PACKED[i]));
    return installProject(`example-${name}`, app, tarballs, [source]);
  }

  /** Runs a command in a folder, with more environment variables, and gives what it printed. */
  async run(folder, command, args = [], more = {}) {
    const options = { cwd: folder, env: { ...quietEnvironment(), ...more }, maxBuffer: 2 ** 26 };
    const { stdout } = await promisify(execFile)(command, args, options);
    return stdout;
  }

  /** A Chromium of its own for which the addresses of the models' files are answered from this machine's copies. */
  async launch(options) {
    const browser = await launchChromium(options);
    await browser.context.route(MODEL_HOSTS, (route) => {
      const path = this.modelFiles.get(route.request().url());
      if (!path) return route.abort();
      return route.fulfill({ path, headers: { "access-control-allow-origin": "*" } });
    });
    return browser;
  }
}

function modelAddresses() {
  const { models } = JSON.parse(readFileSync(join(ROOT, "models/manifest.json"), "utf8"));
  const folder = modelsFolder("all-MiniLM-L6-v2", "vocab,pvm");
  const addresses = new Map();
  for (const { name, files } of models) {
    const { pvm, vocab } = files;
    const path = (file) => join(folder, name, file.path);
    addresses.set(`https://cdn.jsdelivr.net/npm/${pvm.companion}/${pvm.path}`, path(pvm));
    for (const source of vocab.sources.filter(({ type }) => type === "hub")) {
      const { repository, revision } = source;
      const address = `https://huggingface.co/${repository}/resolve/${revision}/${source.path}`;
      addresses.set(address, path(vocab));
    }
  }
  return addresses;
}

/** Waits until an element that the selector names shows the text first of all. */
export async function firstShows(page, selector, text, timeout = WAIT_MS) {
  await page.waitForFunction(
    ([selector, text]) => document.querySelector(selector)?.textContent?.includes(text),
    [selector, text],
    { timeout },
  );
}
