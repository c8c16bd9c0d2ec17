import { AwsV4Signer } from "aws4fetch";
import { PagevecError } from "../../errors.js";
import type { Unsigned } from "./http.js";

export interface AwsCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  /** Of credentials that expire. */
  sessionToken?: string;
}

/** What a signature is valid for. */
export interface Scope {
  service: string;
  region: string;
  date: Date;
}

/** The headers that make a request a signed one. */
export async function sign(
  request: Unsigned,
  scope: Scope,
  credentials: AwsCredentials,
): Promise<Record<string, string>> {
  const signer = signerOf(
    { ...request, headers: await signedHeaders(request) },
    scope,
    credentials,
  );
  const { headers } = await signer.sign();
  const { "content-type": _, ...added } = Object.fromEntries(headers);
  return added;
}

/** Everything in the request that a proxy passes on as it is. */
async function signedHeaders({ headers, body }: Unsigned): Promise<Record<string, string>> {
  const ours = Object.entries(headers).filter(([name]) => /^(content-type$|x-amz)/i.test(name));
  return { ...Object.fromEntries(ours), "x-amz-content-sha256": await sha256(body) };
}

/** Signs all the headers, and the host. */
export function signerOf(
  { target, headers, body }: Omit<Unsigned, "url">,
  { service, region, date }: Scope,
  credentials: AwsCredentials,
): AwsV4Signer {
  const datetime = date.toISOString().replace(/[:-]|\.\d{3}/g, "");
  const request = { method: "POST", url: target.href, headers, body, allHeaders: true };
  return new AwsV4Signer({ ...request, ...credentials, service, region, datetime });
}

async function sha256(text: string): Promise<string> {
  const { subtle } = globalThis.crypto ?? {};
  if (!subtle) {
    throw new PagevecError("unsupported", "signing needs crypto.subtle; serve the page by https");
  }
  const digest = new Uint8Array(await subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
