import { PagevecError } from "../../errors.js";

/** The same error, its message longer. */
export function withNote(error: PagevecError, note: string): PagevecError {
  const { code, message, provider } = error;
  return new PagevecError(code, `${message}; ${note}`, {
    cause: error,
    ...(provider && { provider }),
  });
}
