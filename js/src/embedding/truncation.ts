/** Who is told which texts of a call were cut. */
export type OnTruncate = (indices: number[], texts: readonly string[]) => void;

/** Tells the caller's function after each call; without one, the console once. */
export class TruncationNotice {
  private warned = false;

  constructor(private readonly onTruncate: OnTruncate | undefined) {}

  /** @param limit to what they were cut, e.g. "256 tokens". */
  tell(indices: number[], texts: readonly string[], limit: string): void {
    if (indices.length === 0) return;
    if (this.onTruncate) return this.onTruncate(indices, texts);
    if (this.warned) return;
    this.warned = true;
    console.warn(
      `pagevec: ${indices.length} of ${texts.length} texts (first: index ${indices[0]}) were cut to ${limit}; split long texts, or pass onTruncate to be told each time`,
    );
  }
}
