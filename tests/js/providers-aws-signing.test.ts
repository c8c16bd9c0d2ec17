import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test } from "@jest/globals";
import { awsBedrockEmbedding } from "../../js/src/providers/aws-bedrock.js";
import { awsSagemakerEmbedding } from "../../js/src/providers/aws-sagemaker.js";
import { signerOf } from "../../js/src/providers/client/aws-signer.js";
import type { Exchange } from "../contract/providers/exchange.js";
import { signatureOf } from "../contract/providers/sigv4.js";
import { json, type Script, ScriptedServer } from "./support/scripted-server.js";

const DEFAULT = fileURLToPath(new URL("../fixtures", import.meta.url));
const FOLDER = join(process.env.PAGEVEC_FIXTURES ?? DEFAULT, "providers");
const CREDENTIALS = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret/example" };
const REGION = "us-east-1";
const VECTOR = { embedding: [1, 2], inputTextTokenCount: 1 };

const signed = readdirSync(FOLDER)
  .filter((name) => name.startsWith("aws-"))
  .map((name) => JSON.parse(readFileSync(join(FOLDER, name), "utf8")) as Exchange)
  .filter(({ request }) => request?.sigv4);

describe.each(signed.map((exchange) => [exchange.id, exchange] as const))(
  "%s",
  (_, { call, request }) => {
    if (!request?.sigv4) throw new Error("filtered above");
    const { sigv4, body_text: body = "" } = request;
    const all = { ...request.headers, ...request.sdk_headers };
    const headers = Object.fromEntries(
      sigv4.signed_headers
        .split(";")
        .filter((name) => name !== "host")
        .map((name) => [name, all[name] ?? ""]),
    );

    test("with all the headers of the SDK, step by step", async () => {
      const [, region = "", service = ""] = sigv4.scope.split("/");
      const scope = { region, service, date: new Date(call.clock) };
      const signer = signerOf(
        { target: new URL(request.url), headers, body },
        scope,
        call.credentials,
      );
      expect(await signer.canonicalString()).toBe(sigv4.canonical_request);
      expect(await signer.stringToSign()).toBe(sigv4.string_to_sign);
      expect(await signer.signature()).toBe(sigv4.signature);
    });

    test("the tests' own computation agrees with the recorded one", async () => {
      const { method, url } = request;
      const seen = { method, url, headers: all, bodyText: body };
      const { secretAccessKey } = call.credentials;
      expect(await signatureOf(seen, secretAccessKey)).toEqual({
        canonicalRequest: sigv4.canonical_request,
        stringToSign: sigv4.string_to_sign,
        signature: sigv4.signature,
      });
    });
  },
);

describe("credentials", () => {
  const server = new ScriptedServer();
  const before = { ...process.env };
  afterEach(() => {
    process.env = { ...before };
  });
  const embedding = (options = {}) =>
    awsBedrockEmbedding({ region: REGION, baseURL: server.url, ...options });

  test("a function is asked before each request, also for a second try", async () => {
    server.scripts = [json(503, { message: "busy" }, { "retry-after-ms": "1" }), json(200, VECTOR)];
    let asked = 0;
    const credentials = async () => ({ ...CREDENTIALS, accessKeyId: `AKID${asked++}` });
    expect(await embedding({ credentials }).generate(["a"])).toEqual([[1, 2]]);
    const sent = server.received.map(({ headers }) => headers.authorization);
    expect(sent).toEqual([
      expect.stringContaining("Credential=AKID0/"),
      expect.stringContaining("Credential=AKID1/"),
    ]);
  });

  test("those given count more than a key of the environment, an apiKey more than both", async () => {
    server.scripts = [json(200, VECTOR)];
    process.env.AWS_BEARER_TOKEN_BEDROCK = "environment-key";
    await embedding({ credentials: CREDENTIALS }).generate(["a"]);
    await embedding().generate(["a"]);
    await embedding({ credentials: CREDENTIALS, apiKey: "given-key" }).generate(["a"]);
    const sent = server.received.map(({ headers }) => headers.authorization);
    expect(sent).toEqual([
      expect.stringContaining("Credential=AKIDEXAMPLE/"),
      "Bearer environment-key",
      "Bearer given-key",
    ]);
    expect(server.received[1]?.headers["x-amz-date"]).toBeUndefined();
  });

  test("the environment's sign where nothing is given", async () => {
    server.scripts = [json(200, [[1, 2]])];
    process.env.AWS_ACCESS_KEY_ID = "AKIDENV";
    process.env.AWS_SECRET_ACCESS_KEY = "secret";
    process.env.AWS_SESSION_TOKEN = "session";
    const options = { region: REGION, endpoint: "e", baseURL: server.url };
    await awsSagemakerEmbedding({ ...options, targetModel: "m.tar.gz" }).generate(["a"]);
    const [{ headers }] = server.received as [(typeof server.received)[0]];
    expect(headers.authorization).toContain("Credential=AKIDENV/");
    expect(headers.authorization).toContain(
      "SignedHeaders=content-type;host;x-amz-content-sha256;x-amz-date;x-amz-security-token;x-amzn-sagemaker-target-model,",
    );
    expect(headers).toMatchObject({
      "x-amz-security-token": "session",
      "x-amzn-sagemaker-target-model": "m.tar.gz",
    });
  });

  test("a proxy's requests are unsigned; with credentials the signature is the service's", async () => {
    server.scripts = [json(200, VECTOR)];
    process.env.AWS_ACCESS_KEY_ID = "AKIDENV";
    process.env.AWS_SECRET_ACCESS_KEY = "secret";
    const options = { region: REGION, proxyURL: `${server.url}/api/aws` };
    const headers = { "x-session": "mine" };
    await awsBedrockEmbedding(options).generate(["a"]);
    await awsBedrockEmbedding({ ...options, headers, credentials: CREDENTIALS }).generate(["a"]);
    const [plain, sent] = server.received as [
      (typeof server.received)[0],
      (typeof server.received)[0],
    ];
    expect(plain.headers.authorization).toBeUndefined();
    const path = "/model/amazon.titan-embed-text-v1/invoke";
    expect([plain.path, sent.path]).toEqual([`/api/aws${path}`, `/api/aws${path}`]);
    const { signature } = await signatureOf(
      {
        method: "POST",
        url: `https://bedrock-runtime.${REGION}.amazonaws.com${path}`,
        headers: sent.headers as Record<string, string>,
        bodyText: JSON.stringify(sent.body),
      },
      CREDENTIALS.secretAccessKey,
    );
    expect(sent.headers.authorization).toMatch(new RegExp(`Signature=${signature}$`));
    // A proxy may keep what is meant for it.
    expect(sent.headers.authorization).not.toContain("x-session");
  });

  test("none, or what are none, fail before anything is sent", async () => {
    const call = (options: object) =>
      awsBedrockEmbedding({ region: REGION, ...options }).generate(["a"]);
    await expect(call({})).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.stringContaining("needs credentials"),
    });
    const credentials = { ...CREDENTIALS, secretAccessKey: "pasted\nwrongly" };
    const failure = await call({ credentials, baseURL: server.url }).catch((error) => error);
    expect(failure).toMatchObject({ code: "invalid_argument" });
    expect(failure.message).not.toContain("wrongly");
    expect(server.received).toEqual([]);
  });

  test("what a service repeats of them is not shown", async () => {
    const credentials = { ...CREDENTIALS, sessionToken: "session-token" };
    const repeat: Script = (response, request) => {
      const { authorization, "x-amz-security-token": token } = request.headers;
      return json(403, { message: `${token} ${authorization}` })(response, request);
    };
    server.scripts = [repeat];
    const failure = await embedding({ credentials })
      .generate(["a"])
      .catch((error) => error);
    expect(failure).toMatchObject({ code: "unauthorized" });
    expect(failure.message).toContain("[key] [key]");
    expect(failure.message).not.toContain("session-token");
  });
});
