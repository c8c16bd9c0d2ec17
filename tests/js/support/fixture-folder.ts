import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "@jest/globals";

/** The folder whose fixtures are run: as tests/fixtures, or one of the same layout. */
const FOLDER =
  process.env.PAGEVEC_FIXTURES ?? fileURLToPath(new URL("../../fixtures", import.meta.url));

/** The JSON files of one of its folders whose names match, by name without the ending. */
export function readFixtures<T>(folder: string, pattern: RegExp): [name: string, content: T][] {
  const path = join(FOLDER, folder);
  const names = existsSync(path) ? readdirSync(path).sort() : [];
  return names
    .filter((name) => pattern.test(name))
    .map((name) => [
      name.replace(/\.json$/, ""),
      JSON.parse(readFileSync(join(path, name), "utf8")),
    ]);
}

/** Jest refuses a file without tests; another folder may lack what a suite runs. */
export function expectFixtures(fixtures: unknown[]): void {
  if (process.env.PAGEVEC_FIXTURES !== undefined && fixtures.length === 0) {
    test.skip("the folder has no such fixtures", () => {});
  } else {
    test("there are fixtures", () => expect(fixtures).not.toHaveLength(0));
  }
}
