import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/**
 * What functions of page.ts answer in a page in Chromium.
 * @param port of the page's origin on loopback; 0: any
 * @param calls the functions' names, each with its arguments
 */
export async function callsInPage(port: number, calls: unknown[][]) {
  const script = fileURLToPath(new URL("page-calls.mjs", import.meta.url));
  const given = [script, `${port}`, JSON.stringify(calls)];
  const { stdout } = await promisify(execFile)(process.execPath, given, {
    maxBuffer: 64 * 2 ** 20,
  });
  return JSON.parse(stdout);
}
