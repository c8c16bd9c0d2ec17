import { good, warning } from "../outcomes.js";
import type { Check } from "../types.js";

const isPage = () => typeof document === "object";

const secureContext: Check = {
  id: "secure-context",
  title: "Served securely",
  otherwise: "warning",
  fix: "Serve the page over https, or from localhost.",
  applies: isPage,
  async run() {
    if (isSecureContext) return good("https or this machine: files, locks and caches are allowed");
    return warning(
      "not https: browsers give such pages no files, no locks, no cache for models and no SHA-256",
      this.fix,
    );
  },
};

/** Nothing of pagevec needs it: its wasm runs on one thread, in as many workers as it takes. */
const isolation: Check = {
  id: "isolation",
  title: "Cross-origin isolation",
  otherwise: "warning",
  fix: "Nothing has to be done.",
  applies: isPage,
  async run() {
    if (!crossOriginIsolated) {
      return good(
        "not isolated, which pagevec does not need; only onnxruntime-web's threads would (COOP and COEP headers)",
      );
    }
    // What isolation is for.
    new SharedArrayBuffer(8);
    return good("isolated: onnxruntime-web may use several threads");
  },
};

export const PAGE_CHECKS: readonly Check[] = [secureContext, isolation];
