import { PagevecError, type PagevecErrorCode, STATUS_CODES } from "../errors.js";
import type { Outcome } from "./module.js";

/** The value of a core call, or the core's Status as a PagevecError. */
export function unwrap<T>(outcome: Outcome<T>): T {
  if (outcome.code === 0) return outcome.value;
  const code = (STATUS_CODES[outcome.code] ?? "internal") as PagevecErrorCode;
  throw new PagevecError(code, outcome.message);
}
