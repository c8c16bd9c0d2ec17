import { spawn } from "node:child_process";
import { once } from "node:events";
import { FLAGS } from "../../tools/chromium.mjs";

/** Headless Chromium in a process group of its own, so that all of it can be killed at once. */
export class Browser {
  constructor(profile, url) {
    const binary = process.env.CHROMIUM ?? "/usr/bin/chromium";
    const flags = [...FLAGS, "--headless=new", "--hide-crash-restore-bubble"];
    this.process = spawn(binary, [...flags, `--user-data-dir=${profile}`, url], {
      detached: true,
      stdio: "ignore",
    });
    this.ended = once(this.process, "exit");
  }

  /** Resolves when the main process is gone. */
  async kill() {
    try {
      process.kill(-this.process.pid, "SIGKILL");
    } catch (error) {
      if (error.code !== "ESRCH") throw error;
    }
    await this.ended;
  }
}
