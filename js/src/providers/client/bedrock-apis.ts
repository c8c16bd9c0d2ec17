import { AWS_BEDROCK } from "./bedrock.js";
import { conversePieces, converseRequest, readConverse } from "./converse.js";
import type { SettledRequest } from "./generation.js";

/** One form for all chat models. */
export const CONVERSE = {
  operations: ["converse", "converse-stream"],
  body: converseRequest,
  read: (answer: unknown) => readConverse(AWS_BEDROCK, answer),
  pieces: (body: AsyncIterable<Uint8Array>) => conversePieces(AWS_BEDROCK, body),
};

/** Few need the families' own forms: they are loaded on demand. */
const families = () => import("./bedrock-models.js");
export const INVOKE = {
  operations: ["invoke", "invoke-with-response-stream"],
  body: async (request: SettledRequest, stream: boolean) =>
    (await families()).modelRequest(AWS_BEDROCK, request, stream),
  read: async (answer: unknown, { model = "" }: SettledRequest) =>
    (await families()).modelFamily(AWS_BEDROCK, model).read(AWS_BEDROCK, answer),
  pieces: async function* (body: AsyncIterable<Uint8Array>, { model = "" }: SettledRequest) {
    yield* (await families()).modelPieces(AWS_BEDROCK, body, model);
  },
};
