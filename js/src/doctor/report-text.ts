import type { DoctorReport, Health } from "./types.js";

const MARKS: Record<Health, string> = { good: "ok  ", warning: "warn", bad: "BAD " };

/** A report as plain text, one finding a line with what to do below, to be sent to somebody. */
export function reportText({ findings, version, userAgent, time }: DoctorReport): string {
  const lines = findings.flatMap(({ id, title, ok, detail, fix }) => [
    `${MARKS[ok]} ${id}: ${title}: ${detail}`,
    ...(fix === undefined ? [] : [`     -> ${fix}`]),
  ]);
  return [`pagevec ${version}, ${time}`, userAgent, ...lines, ""].join("\n");
}
