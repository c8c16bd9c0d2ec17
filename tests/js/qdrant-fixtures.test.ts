import { afterEach, describe, expect, jest, test } from "@jest/globals";
import { Client } from "../../js/src/client.js";
import { qdrant } from "../../js/src/servers/qdrant.js";
import { countedUuids, KEY, SESSIONS } from "../servers/qdrant-sessions.js";
import { asJson } from "../servers/same-calls.js";
import { expectFixtures, readFixtures } from "./support/fixture-folder.js";

interface Exchange {
  request: { method: string; path: string; headers: Record<string, string>; body?: unknown };
  response: { status: number; body: unknown };
}

interface Session {
  exchanges: Exchange[];
  answer: unknown;
}

interface Refusal {
  response: { status: number; headers: Record<string, string>; body?: unknown; body_text?: string };
  expect: { code: string; message_contains: string; retryable: boolean; retry_after_ms?: number };
}

const URL = "https://qdrant.example:6333";
const options = { url: URL, apiKey: KEY, maxRetries: 0 };

function answerOf({ status, headers, body, body_text }: Refusal["response"]): Response {
  return new Response(body_text ?? JSON.stringify(body), { status, headers });
}

afterEach(() => {
  jest.restoreAllMocks();
});

const fixtures = readFixtures<Session & Refusal>("servers/qdrant", /\.json$/);
const sessions = fixtures.filter(([, { exchanges }]) => exchanges);
const refusals = fixtures.filter(([, { exchanges }]) => !exchanges);

describe("recorded sessions with Qdrant", () => {
  expectFixtures(sessions);

  test.each(sessions)("%s", async (name, { exchanges, answer }) => {
    const left = [...exchanges];
    const replay: typeof fetch = async (input, init) => {
      const next = left.shift();
      expect({
        method: init?.method,
        path: String(input).slice(URL.length),
        headers: init?.headers,
        ...(init?.body ? { body: JSON.parse(String(init.body)) } : {}),
      }).toEqual(next?.request);
      return new Response(JSON.stringify(next?.response.body), { status: next?.response.status });
    };
    jest.spyOn(crypto, "getRandomValues").mockImplementation(countedUuids());
    const engine = qdrant({ ...options, fetch: replay });
    const client = await Client.open({ engine });
    expect(asJson(await SESSIONS[name]?.(client))).toEqual(answer);
    expect(left).toEqual([]);
    await client.close();
  });
});

describe("Qdrant's refusals", () => {
  expectFixtures(refusals);

  test.each(refusals)("%s", async (_, { response, expect: expected }) => {
    const engine = qdrant({ ...options, fetch: async () => answerOf(response) });
    const opening = Client.open({ engine });
    await expect(opening).rejects.toMatchObject({
      code: expected.code,
      message: expect.stringContaining(expected.message_contains),
      provider: {
        provider: "qdrant",
        status: response.status,
        retryable: expected.retryable,
        ...(expected.retry_after_ms && { retryAfterMs: expected.retry_after_ms }),
      },
    });
  });

  test.each(["1.9.7", "0.11.0"])("version %s is too old", async (version) => {
    const title = "qdrant - vector search engine";
    const old: typeof fetch = async () => new Response(JSON.stringify({ title, version }));
    const opening = Client.open({ engine: qdrant({ ...options, fetch: old }) });
    await expect(opening).rejects.toMatchObject({
      code: "unsupported",
      message: expect.stringContaining("1.10"),
    });
  });

  test("an address where something else serves", async () => {
    const other: typeof fetch = async () => new Response('{"tagline":"You Know, for Search"}');
    const opening = Client.open({ engine: qdrant({ ...options, fetch: other }) });
    await expect(opening).rejects.toMatchObject({ code: "invalid_response" });
  });
});
