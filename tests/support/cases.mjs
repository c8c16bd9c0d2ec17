import { writeFile } from "node:fs/promises";

/** Runs cases and counts them. A failure is printed and counted, and the next case runs. */
export class Cases {
  total = { passed: 0, failed: 0 };
  #only;

  /** @param {string} [only] a part of the names of the cases that run */
  constructor(only = "") {
    this.#only = only;
  }

  /** Bound, since suites are given it. */
  test = async (name, run) => {
    if (name.includes(this.#only) && (await this.#succeeds(name, run))) this.total.passed += 1;
  };

  /** Runs a suite, which runs its cases by test(), and prints how many; one without any fails. */
  async suite(name, run) {
    const began = performance.now();
    const before = { ...this.total };
    await this.#succeeds(`${name}: the suite itself`, run);
    const failed = this.total.failed - before.failed;
    const ran = this.total.passed - before.passed + failed;
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    console.log(`${name}: ${ran} cases, ${failed} failed, ${seconds} s`);
    if (ran === 0) this.total.failed += 1;
  }

  /** Ends the run: the process fails when a case did. @param {string} [report] the file that is told the numbers */
  async end(report) {
    if (report) await writeFile(report, JSON.stringify(this.total));
    process.exitCode = this.total.failed === 0 ? 0 : 1;
  }

  async #succeeds(name, run) {
    try {
      await run();
      return true;
    } catch (error) {
      this.total.failed += 1;
      // Of a command that failed what it printed, too.
      const told = [error.stack ?? error, error.stdout].filter(Boolean).join("\n");
      console.error(`FAILED ${name}\n  ${told.slice(0, 4000).replaceAll("\n", "\n  ")}`);
      return false;
    }
  }
}
