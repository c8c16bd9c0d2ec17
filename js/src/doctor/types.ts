import type { EngineOptions } from "../engine/open.js";

/** "warning": pagevec works, but less well than it could; `fix` says what is missing. */
export type Health = "good" | "warning" | "bad";

export interface DoctorFinding {
  /** Stays the same in later versions, e.g. "csp-wasm". */
  id: string;
  title: string;
  ok: Health;
  /** What was tried, and what came of it. */
  detail: string;
  /** What to do, where there is something to do. */
  fix?: string;
}

export interface DoctorReport {
  /** The worst of the findings. */
  ok: Health;
  /** In the order in which they were looked for; only what applies here. */
  findings: DoctorFinding[];
  /** Of pagevec. */
  version: string;
  /** What the browser calls itself, or Node. */
  userAgent: string;
  /** ISO 8601, by the clock of this machine. */
  time: string;
}

/** As Client.open() and the models take them, so that the doctor looks where they will. */
export interface DoctorOptions extends Omit<EngineOptions, "worker"> {
  /** As for Client.open(), but no worker that was made before: several are started. */
  worker?: boolean | (() => Worker);
  /** Milliseconds for each check. Default 10,000. */
  timeLimit?: number;
  /** Ends it early: what has not been looked at is missing from the report. */
  signal?: AbortSignal;
  /** Told each finding as it is there. */
  onFinding?: (finding: DoctorFinding) => void;
}

export interface Outcome extends Pick<DoctorFinding, "ok" | "detail" | "fix"> {
  /** What it needs is bad: nothing was learnt of the thing itself. */
  untried?: boolean;
}

/** What a check gets. */
export interface Examination {
  options: DoctorOptions;
  /** Fires when the check's time is up, and when it is over: what it has started ends with it. */
  signal: AbortSignal;
  /** Outcomes so far, by id. */
  found: ReadonlyMap<string, Outcome>;
}

/** Tries one thing for real and leaves nothing behind. */
export interface Check {
  id: string;
  title: string;
  /** What it is when it throws, or does not answer in time. */
  otherwise: Exclude<Health, "good">;
  /** What to do then, where the error does not say. */
  fix: string;
  /** Ids of checks without whose success it tells nothing new. */
  needs?: readonly string[];
  /** False where there is nothing of the kind, e.g. in Node. */
  applies?(options: DoctorOptions): boolean;
  run(examination: Examination): Promise<Outcome>;
}
