import { sleep } from "./retry.js";

const MINUTE_MS = 60_000;

/** Spreads requests, and the tokens in them, over the minute. */
export class Pace {
  private next = 0;

  constructor(
    private readonly requestsPerMinute = Number.POSITIVE_INFINITY,
    private readonly tokensPerMinute = Number.POSITIVE_INFINITY,
  ) {}

  /**
   * Waits for its turn, in the order of the calls.
   * @throws aborted
   */
  async turn(tokens: number, signal: AbortSignal): Promise<void> {
    const now = performance.now();
    const begin = Math.max(this.next, now);
    this.next =
      begin +
      Math.max(MINUTE_MS / this.requestsPerMinute, (tokens * MINUTE_MS) / this.tokensPerMinute);
    if (begin > now) await sleep(begin - now, signal);
  }
}
