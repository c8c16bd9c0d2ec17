import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { installed, run, type ServerProcess, startServer } from "./server-process.js";

const VERSION = "1.5.9";
/** The server is a Rust library in the Python package; nothing else of the package is needed. */
const MAIN = "import chromadb_rust_bindings as chroma, sys; chroma.cli(['chroma'] + sys.argv[1:])";

/**
 * A Chroma server with nothing in it.
 * @param origins of pages that may call it (CORS)
 * @param write makes the text of its configuration file; JSON is YAML
 */
export function startChroma(
  origins: string[] = [],
  write: (settings: Record<string, unknown>) => string = JSON.stringify,
): Promise<ServerProcess> {
  const packages = installed(`python-chromadb-${VERSION}`, (folder) => {
    const options = ["--disable-pip-version-check", "--no-deps", "--target", folder];
    run("python3", ["-m", "pip", "install", ...options, `chromadb==${VERSION}`]);
  });
  return startServer((port, folder) => {
    const config = join(folder, "config.yaml");
    const settings = {
      persist_path: join(folder, "data"),
      listen_address: "127.0.0.1",
      port,
      cors_allow_origins: origins,
    };
    writeFileSync(config, write(settings));
    return {
      command: "python3",
      args: ["-c", MAIN, "run", config],
      env: { PYTHONPATH: packages, ANONYMIZED_TELEMETRY: "False" },
      readyPath: "/api/v2/heartbeat",
    };
  });
}
