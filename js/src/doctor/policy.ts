/** What a page's Content-Security-Policy refused. */
export interface Refusal {
  /** The directive that counted, e.g. "worker-src". */
  directive: string;
  /** The whole policy. */
  policy: string;
}

/** Where a directive is not given, this one counts (CSP Level 3, 6.8.3). */
const FALLBACK: Record<string, string[]> = {
  "worker-src": ["child-src", "script-src", "default-src"],
  "connect-src": ["default-src"],
  "script-src": ["default-src"],
};

/** Does some work and hears what the page's policy refused meanwhile; no errors come through. */
export async function watchPolicy<T>(
  work: () => Promise<T>,
): Promise<{ value?: T; error?: unknown; refused: Refusal[] }> {
  const refused: Refusal[] = [];
  const note = (event: SecurityPolicyViolationEvent) => {
    if (event.disposition !== "enforce") return;
    refused.push({ directive: event.effectiveDirective, policy: event.originalPolicy });
  };
  globalThis.document?.addEventListener("securitypolicyviolation", note);
  try {
    return { value: await work(), refused };
  } catch (error) {
    // The event comes as a task of its own, perhaps after the failure that it explains.
    if (globalThis.document) await new Promise((resolve) => setTimeout(resolve, 50));
    return { error, refused };
  } finally {
    globalThis.document?.removeEventListener("securitypolicyviolation", note);
  }
}

/** The directive as it must be so that `source` is allowed: "script-src 'self' 'wasm-unsafe-eval'". */
export function allowing(policy: string, directive: string, source: string): string {
  const given = new Map(
    policy.split(";").map((part) => {
      const [name = "", ...sources] = part.trim().split(/\s+/);
      return [name, sources];
    }),
  );
  const names = [directive, ...(FALLBACK[directive] ?? [])];
  const now = names.map((name) => given.get(name)).find((sources) => sources !== undefined) ?? [];
  const kept = now.filter((each) => each !== "'none'" && each !== source);
  return [directive, ...kept, source].join(" ");
}
