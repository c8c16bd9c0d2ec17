import { createServer } from "node:http";
import { json } from "node:stream/consumers";
import { listen } from "../support/listen.mjs";

const CORS = { "access-control-allow-origin": "*" };

/** Answers in a browser for a repository of the hub with these files, by their path; others are not found. */
export async function serveRepository(context, repository, files) {
  await context.route(`https://huggingface.co/${repository}/resolve/**`, (route) => {
    const [, path] = new URL(route.request().url()).pathname.split(/\/resolve\/[^/]+\//);
    const body = files[path];
    return body === undefined
      ? route.fulfill({ status: 404, headers: CORS })
      : route.fulfill({ body: Buffer.from(body), headers: CORS });
  });
}

/**
 * A service that answers as it was recorded, whatever it is asked.
 * @param {{response: object}} exchange of tests/fixtures/providers
 */
export async function startRecorded({ response: { status, headers, body, body_text } }) {
  const requests = [];
  const server = createServer(async (request, response) => {
    const { url: path, headers: given } = request;
    requests.push({ path, headers: given, body: await json(request) });
    response.writeHead(status, headers).end(body_text ?? JSON.stringify(body));
  });
  return { requests, ...(await listen(server)) };
}
