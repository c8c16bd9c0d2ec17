import { PagevecError } from "../errors.js";
import type { Check, Outcome } from "./types.js";

export const good = (detail: string): Outcome => ({ ok: "good", detail });
export const warning = (detail: string, fix: string): Outcome => ({ ok: "warning", detail, fix });
export const bad = (detail: string, fix: string): Outcome => ({ ok: "bad", detail, fix });

/** Another check tells why. */
export const untried = (because: string, fix: string): Outcome => ({
  ...warning(`not tried: ${because}`, fix),
  untried: true,
});

/** What was thrown, as the check's outcome. Messages of pagevec say what is wrong; what to do. */
export function outcomeOfError(error: unknown, check: Pick<Check, "otherwise" | "fix">): Outcome {
  const { otherwise: ok, fix } = check;
  if (!(error instanceof PagevecError)) return { ok, detail: String(error), fix };
  const [detail = "", ...advice] = error.message.replace(/^pagevec: /, "").split("; ");
  return { ok, detail, fix: advice.join("; ") || fix };
}

/** Bytes in the unit that people read: 1 MB is 1,000,000 bytes. */
export function size(bytes: number): string {
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(1)} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
