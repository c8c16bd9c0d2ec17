import type { AwsCredentials } from "./aws-signer.js";
import { type Authorize, bearer } from "./http.js";
import { fromEnvironment, invalid, isKey } from "./keys.js";
import type { Provider, ProviderOptions } from "./provider.js";

export interface AwsOptions extends ProviderOptions {
  /** E.g. "us-east-1". */
  region: string;
  /**
   * IAM credentials, or a function that is asked for them before each request. Default: the
   * environment's AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, where there is an
   * environment and no proxyURL. They are stored, logged and shown nowhere.
   */
  credentials?: AwsCredentials | (() => AwsCredentials | Promise<AwsCredentials>);
  /** @internal What time requests are signed at. */
  clock?: () => Date;
}

/**
 * Signature Version 4 with the credentials, or the key as bearer token. With a proxy or an own
 * baseURL and neither of them, nothing is signed.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function sigV4(provider: Provider, service: string, options: AwsOptions): Authorize {
  const { region, proxyURL, baseURL, clock = () => new Date() } = options;
  return async (key, request) => {
    // Credentials that were given count more than a key of the environment.
    if (key !== undefined && (options.apiKey || !options.credentials)) return bearer(key, request);
    const credentials = await findCredentials(provider, options);
    if (!credentials) {
      if (proxyURL || baseURL) return {};
      throw invalid(provider, "needs credentials: pass credentials, apiKey or proxyURL");
    }
    // A page should not hold credentials: few load what signs.
    const { sign } = await import("./aws-signer.js");
    return sign(request, { service, region, date: clock() }, credentials);
  };
}

async function findCredentials(
  provider: Provider,
  { credentials, proxyURL }: AwsOptions,
): Promise<AwsCredentials | undefined> {
  const given = typeof credentials === "function" ? await credentials() : credentials;
  const found = given ?? (proxyURL ? undefined : environmentCredentials());
  if (!found) return undefined;
  const { accessKeyId, secretAccessKey, sessionToken } = found;
  // Not shown: what is wrong with them may be little.
  if (![accessKeyId, secretAccessKey, sessionToken ?? "none"].every(isKey)) {
    throw invalid(provider, "has credentials that are no texts of visible ASCII characters");
  }
  return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
}

function environmentCredentials(): AwsCredentials | undefined {
  const accessKeyId = fromEnvironment("AWS_ACCESS_KEY_ID");
  const secretAccessKey = fromEnvironment("AWS_SECRET_ACCESS_KEY");
  if (!accessKeyId || !secretAccessKey) return undefined;
  const sessionToken = fromEnvironment("AWS_SESSION_TOKEN");
  return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
}
