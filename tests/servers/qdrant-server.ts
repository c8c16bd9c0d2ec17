import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { installed, run, type ServerProcess, startServer } from "./server-process.js";

const VERSION = "0.9.0";

/**
 * A Qdrant with nothing in it, which pages of every origin may call unless cors is false. PAGEVEC_QDRANT: the program of a whole server; without it Qdrant's engine
 * from its Python package, behind a REST interface of ours (qdrant-engine.py).
 */
export function startQdrant(apiKey = "", cors = true): Promise<ServerProcess> {
  const program = process.env.PAGEVEC_QDRANT;
  if (program) return startProgram(program, apiKey, cors);
  const packages = installed(`python-qdrant-edge-${VERSION}`, (folder) => {
    const options = ["--disable-pip-version-check", "--no-deps", "--target", folder];
    run("python3", ["-m", "pip", "install", ...options, `qdrant-edge-py==${VERSION}`]);
  });
  const engine = join(process.cwd(), "tests/servers/qdrant-engine.py");
  return startServer((port, folder) => ({
    command: "python3",
    args: [engine, String(port), folder, apiKey, cors ? "cors" : ""],
    env: { PYTHONPATH: packages },
    readyPath: "/",
  }));
}

function startProgram(
  program: string,
  apiKey: string,
  enable_cors: boolean,
): Promise<ServerProcess> {
  return startServer((port, folder) => {
    const service = {
      host: "127.0.0.1",
      http_port: port,
      grpc_port: null,
      api_key: apiKey || null,
      enable_cors,
    };
    const [storage_path, snapshots_path] = [join(folder, "storage"), join(folder, "snapshots")];
    const config = { service, storage: { storage_path, snapshots_path } };
    // JSON is YAML too.
    writeFileSync(join(folder, "config.yaml"), JSON.stringify(config));
    return {
      command: program,
      args: ["--disable-telemetry", "--config-path", join(folder, "config.yaml")],
      readyPath: "/",
    };
  });
}
