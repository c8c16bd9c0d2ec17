import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "@jest/globals";
import { openAIEmbedding, openAIGenerator } from "../../js/src/providers/openai.js";
import { json, raw, ScriptedServer } from "./support/scripted-server.js";

const PROXY = fileURLToPath(new URL("../../docs/examples/provider-proxy.mjs", import.meta.url));
const server = new ScriptedServer();

test("the proxy of the documentation adds the key and passes answers on", async () => {
  const env = { ...process.env, PORT: "0", OPENAI_ORIGIN: server.url, OPENAI_API_KEY: "sk-kept" };
  const proxy = spawn(process.execPath, [PROXY], { env });
  try {
    const port = await new Promise<string>((found) => {
      proxy.stdout.on("data", (line) => found(/port (\d+)/.exec(String(line))?.[1] ?? ""));
    });
    const proxyURL = `http://127.0.0.1:${port}/api/openai`;

    server.scripts = [json(200, { data: [{ index: 0, embedding: [1, 2] }] })];
    expect(await openAIEmbedding({ proxyURL }).generate(["x"])).toEqual([[1, 2]]);
    expect(server.received[0]).toMatchObject({
      path: "/v1/embeddings",
      headers: { authorization: "Bearer sk-kept" },
      body: { input: ["x"] },
    });

    const piece = (content: string) => `data: {"choices":[{"delta":{"content":"${content}"}}]}\n\n`;
    server.scripts = [
      raw(200, piece("One") + piece(" two"), { "content-type": "text/event-stream" }),
    ];
    const stream = openAIGenerator({ proxyURL }).stream({ prompt: "Count" });
    expect(await stream.result()).toMatchObject({ text: "One two" });

    server.scripts = [json(429, { error: { message: "slow" } }, { "retry-after": "7" })];
    const refused = openAIEmbedding({ proxyURL, maxRetries: 0 }).generate(["x"]);
    await expect(refused).rejects.toMatchObject({ provider: { status: 429, retryAfterMs: 7000 } });

    const elsewhere = await fetch(`${proxyURL}/v1/files`, { method: "POST", body: "{}" });
    expect(elsewhere.status).toBe(404);
  } finally {
    proxy.kill();
  }
});
