import { installed, run, type ServerProcess, startServer } from "./server-process.js";

const VERSION = "1.5.9";
/** The server is a Rust library in the Python package; nothing else of the package is needed. */
const MAIN = "import chromadb_rust_bindings as chroma, sys; chroma.cli(['chroma'] + sys.argv[1:])";

/** A Chroma server with nothing in it. */
export function startChroma(): Promise<ServerProcess> {
  const packages = installed(`python-chromadb-${VERSION}`, (folder) => {
    const options = ["--disable-pip-version-check", "--no-deps", "--target", folder];
    run("python3", ["-m", "pip", "install", ...options, `chromadb==${VERSION}`]);
  });
  return startServer((port, folder) => ({
    command: "python3",
    args: ["-c", MAIN, "run", "--path", folder, "--host", "127.0.0.1", "--port", String(port)],
    env: { PYTHONPATH: packages, ANONYMIZED_TELEMETRY: "False" },
    readyPath: "/api/v2/heartbeat",
  }));
}
