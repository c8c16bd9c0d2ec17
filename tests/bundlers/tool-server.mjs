import { spawn } from "node:child_process";

const SECONDS = 60;

/** What keeps tools from colours and telemetry. */
export function quietEnvironment() {
  return { ...process.env, NO_COLOR: "1", FORCE_COLOR: "0", NEXT_TELEMETRY_DISABLED: "1" };
}

/** A tool's own server, once it has printed its address. */
export function startTool(command, args, cwd) {
  // A process group of its own, since such servers start others.
  const child = spawn(command, args, { cwd, env: quietEnvironment(), detached: true });
  const ended = new Promise((resolve) => child.on("close", resolve));
  const close = () => {
    process.kill(-child.pid);
    return ended;
  };
  return new Promise((resolve, reject) => {
    let output = "";
    const refuse = () => reject(new Error(`${command} does not serve:\n${output}`));
    const timer = setTimeout(() => close().then(refuse), SECONDS * 1000);
    ended.then(refuse).finally(() => clearTimeout(timer));
    const read = (data) => {
      output += data;
      const url = /http:\/\/(?:localhost|127\.0\.0\.1):\d+\/?/.exec(output)?.[0];
      if (url) clearTimeout(timer);
      if (url) resolve({ url: url.replace(/\/?$/, "/"), close });
    };
    for (const stream of [child.stdout, child.stderr]) stream.on("data", read);
  });
}
