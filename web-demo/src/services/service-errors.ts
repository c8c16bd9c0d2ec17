import { PagevecError } from "pagevec";

/** What a service that was asked has answered, in plain words; pagevec's own say what to do. */
export function serviceWords(error: unknown): string {
  if (!(error instanceof PagevecError))
    return error instanceof Error ? error.message : String(error);
  const message = error.message.replace(/^pagevec: /, "");
  switch (error.code) {
    case "unauthorized":
      return `The service does not take this key: ${message}`;
    case "rate_limited":
      return `The service was asked too often: ${message}`;
    case "network":
      return `The service cannot be reached: ${message}`;
    case "timeout":
      return `The service did not answer in time: ${message}`;
    default:
      return message;
  }
}
