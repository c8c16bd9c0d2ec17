// Signature Version 4 by the letter of its specification, and by no library:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html

export interface SignedRequest {
  method: string;
  url: string;
  /** With the x-amz-* headers and authorization, names in lower case. */
  headers: Record<string, string>;
  bodyText: string;
}

export interface Signature {
  canonicalRequest: string;
  stringToSign: string;
  signature: string;
}

/** What a request must have been signed with that claims, in `authorization`, to be signed so. */
export async function signatureOf(request: SignedRequest, secret: string): Promise<Signature> {
  const { method, bodyText, headers } = request;
  const url = new URL(request.url);
  const [, scope = "", names = ""] =
    /Credential=[^/]+\/(.+?), *SignedHeaders=(.+?),/.exec(headers.authorization ?? "") ?? [];
  const values: Record<string, string> = { ...headers, host: url.host };
  const lines = names.split(";").map((name) => `${name}:${trimmed(values[name] ?? "")}\n`);
  const path = url.pathname.split("/").map(encodeURIComponent).join("/");
  const query = url.search.slice(1);
  const hash = await sha256(bodyText);
  const canonicalRequest = [method, path, query, lines.join(""), names, hash].join("\n");
  const time = headers["x-amz-date"] ?? "";
  const hashed = await sha256(canonicalRequest);
  const stringToSign = ["AWS4-HMAC-SHA256", time, scope, hashed].join("\n");
  let key: Uint8Array<ArrayBuffer> = new TextEncoder().encode(`AWS4${secret}`);
  for (const part of scope.split("/")) key = await hmac(key, part);
  return { canonicalRequest, stringToSign, signature: hex(await hmac(key, stringToSign)) };
}

export async function sha256(text: string): Promise<string> {
  return hex(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))));
}

async function hmac(key: Uint8Array<ArrayBuffer>, text: string): Promise<Uint8Array<ArrayBuffer>> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const imported = await crypto.subtle.importKey("raw", key, algorithm, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, new TextEncoder().encode(text)));
}

function trimmed(value: string): string {
  return value.trim().replace(/ +/g, " ");
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
