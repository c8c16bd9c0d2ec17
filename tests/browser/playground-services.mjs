import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { listen } from "../support/listen.mjs";

const CORS = {
  "access-control-allow-origin": "*",
  "access-control-allow-headers": "*, authorization",
};
/** What the model says: a citation in one piece, one cut in two, and one of a passage there is not. */
const PIECES = ["Plants make sugar from light [1]. ", "Cells burn it [", "2]. Not said: [9]."];
export const ANSWER = PIECES.join("");
export const DIMENSIONS = 16;
const PAUSE_MS = 120;

/**
 * Services as the playground's visitor may have them, by the first part of the path: /ollama, /openai
 * and /anthropic answer as theirs do; /denied refuses the key and repeats it; /closed answers no page.
 */
export async function startServices() {
  const requests = [];
  const server = createServer(async (request, response) => {
    const [, service, ...path] = request.url.split("?")[0].split("/");
    const cors = service === "closed" ? {} : CORS;
    if (request.method === "OPTIONS") return response.writeHead(204, cors).end();
    const left = new Promise((resolve) => response.on("close", resolve));
    const body = JSON.parse(await text(request));
    requests.push({ service, path: path.join("/"), headers: request.headers, body, left });
    const json = (status, value) =>
      response
        .writeHead(status, { "content-type": "application/json", ...cors })
        .end(JSON.stringify(value));
    if (service === "denied") {
      return json(401, { error: { message: `no such key: ${request.headers.authorization}` } });
    }
    if (body.input) return json(200, embeddings(service, [body.input].flat()));
    await STREAMS[service](response, cors);
  });
  return { requests, ...(await listen(server)) };
}

/** Words, counted into a few places: texts with words in common are near each other. */
export function vectorOf(input) {
  const vector = new Array(DIMENSIONS).fill(0.01);
  for (const word of input.toLowerCase().match(/\w+/g) ?? []) {
    let hash = 7;
    for (const character of word) hash = (hash * 31 + character.charCodeAt(0)) % 1009;
    vector[hash % DIMENSIONS] += 1;
  }
  return vector;
}

function embeddings(service, inputs) {
  const vectors = inputs.map(vectorOf);
  if (service === "ollama") return { embeddings: vectors, prompt_eval_count: 5 };
  return { data: vectors.map((embedding, index) => ({ index, embedding })) };
}

const STREAMS = {
  // https://docs.ollama.com/api/generate
  async ollama(response, cors) {
    response.writeHead(200, { "content-type": "application/x-ndjson", ...cors });
    const line = (value) => response.write(`${JSON.stringify(value)}\n`);
    await inPieces(response, (piece) => line({ response: piece, done: false }));
    line({ response: "", done: true, done_reason: "stop", prompt_eval_count: 50, eval_count: 9 });
    response.end();
  },
  // https://platform.openai.com/docs/api-reference/chat-streaming
  async openai(response, cors) {
    response.writeHead(200, { "content-type": "text/event-stream", ...cors });
    const event = (value) => response.write(`data: ${JSON.stringify(value)}\n\n`);
    await inPieces(response, (content) => event({ choices: [{ delta: { content } }] }));
    event({ choices: [{ delta: {}, finish_reason: "stop" }] });
    event({ choices: [], usage: { prompt_tokens: 50, completion_tokens: 9 } });
    response.end("data: [DONE]\n\n");
  },
  // https://docs.anthropic.com/en/docs/build-with-claude/streaming
  async anthropic(response, cors) {
    response.writeHead(200, { "content-type": "text/event-stream", ...cors });
    const event = (value) =>
      response.write(`event: ${value.type}\ndata: ${JSON.stringify(value)}\n\n`);
    event({ type: "message_start", message: { usage: { input_tokens: 50, output_tokens: 1 } } });
    await inPieces(response, (piece) =>
      event({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text: piece } }),
    );
    const delta = { stop_reason: "end_turn" };
    event({ type: "message_delta", delta, usage: { output_tokens: 9 } });
    event({ type: "message_stop" });
    response.end();
  },
};

async function inPieces(response, write) {
  for (const piece of PIECES) {
    if (response.destroyed) return;
    write(piece);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}
