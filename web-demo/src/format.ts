const whole = new Intl.NumberFormat("en");
const oneDigit = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });

export function count(value: number): string {
  return whole.format(Math.round(value));
}

/** 1 passage, 2 passages. */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

export function megabytes(bytes: number): string {
  if (bytes < 1e6) return `${count(bytes / 1e3)} KB`;
  if (bytes >= 1e9) return `${oneDigit.format(bytes / 1e9)} GB`;
  return `${oneDigit.format(bytes / 1e6)} MB`;
}

/** @param share 0 to 1 */
export function percent(share: number): string {
  // Never rounded up to all: one that is missing is to be seen.
  const value = share < 1 ? Math.floor(share * 1000) / 10 : 100;
  return `${oneDigit.format(value)}\u00a0%`;
}

/** Of something fast: microseconds below one millisecond. */
export function time(ms: number): string {
  return ms < 1 ? `${count(ms * 1000)}\u00a0µs` : milliseconds(ms);
}

export function milliseconds(value: number): string {
  if (value < 0.05) return "< 0.1 ms";
  return `${value < 10 ? oneDigit.format(value) : count(value)} ms`;
}

export function duration(seconds: number): string {
  if (seconds < 90) return `${count(Math.max(1, seconds))} s`;
  if (seconds < 5400) return `${count(seconds / 60)} min`;
  return `${oneDigit.format(seconds / 3600)} h`;
}
