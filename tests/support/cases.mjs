import { writeFile } from "node:fs/promises";

/** The longest case takes a small part of this: what takes longer waits for nothing. */
const LIMIT_MINUTES = 10;
const SUITE_LIMIT_MINUTES = 60;

/**
 * Runs cases and counts them. A failure is printed and counted, and the next case runs; so is a case that
 * does not end.
 */
export class Cases {
  total = { passed: 0, failed: 0 };
  #only;

  /** @param {string} [only] a part of the names of the cases that run */
  constructor(only = "") {
    this.#only = only;
  }

  /** Bound, since suites are given it. */
  test = async (name, run) => {
    if (!name.includes(this.#only)) return;
    if (await this.#succeeds(name, () => within(LIMIT_MINUTES, run()))) this.total.passed += 1;
  };

  /** Runs a suite, which runs its cases by test(), and prints how many; one without any fails. */
  async suite(name, run) {
    const began = performance.now();
    const before = { ...this.total };
    await this.#succeeds(`${name}: the suite itself`, () => within(SUITE_LIMIT_MINUTES, run()));
    const failed = this.total.failed - before.failed;
    const ran = this.total.passed - before.passed + failed;
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    console.log(`${name}: ${ran} cases, ${failed} failed, ${seconds} s`);
    if (ran === 0) this.total.failed += 1;
  }

  /**
   * Ends the run and the process, which fails when a case did. What is left of a case that did not end
   * would hold it.
   * @param {string} [report] the file that is told the numbers
   * @param {() => Promise<void>} [close] frees what all cases shared
   */
  async end(report, close = async () => {}) {
    await this.#succeeds("what the cases shared closes", () => within(1, close()));
    if (report) await writeFile(report, JSON.stringify(this.total));
    process.exit(this.total.failed === 0 ? 0 : 1);
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

/** Settles as the promise does, or fails after so many minutes. */
async function within(minutes, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    const error = new Error(`did not end within ${minutes} minutes`);
    timer = setTimeout(reject, minutes * 60_000, error);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
