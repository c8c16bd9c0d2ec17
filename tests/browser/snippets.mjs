import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";

const ROOT = new URL("../../", import.meta.url);

/**
 * The first example under a heading of a document, as it stands there.
 * @param {string} path of the document in the repository
 */
export async function exampleUnder(path, heading, language = "js") {
  const [, section] = (await readFile(new URL(path, ROOT), "utf8")).split(`\n${heading}\n`);
  const [, code] = new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``).exec(section ?? "") ?? [];
  assert.ok(code, `${path} has no ${language} example under ${heading}`);
  return code;
}

/** Code whose imports are taken from `names`, which the page has. */
export function withoutImports(code) {
  const imports = /^\s*import \{(.*)\} from "(?:pagevec(?:\/[\w/-]+)?|react)";$/gm;
  const body = code
    .replace(imports, "const {$1} = names;")
    .replace(/^\s*import "pagevec\/element";$/gm, "");
  assert.ok(!/^\s*import\b/m.test(body), "an import of something else");
  return body;
}
