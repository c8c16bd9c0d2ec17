/** The strictest policy that pagevec promises to work under. All suites run with it. */
export const POLICY = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'";
