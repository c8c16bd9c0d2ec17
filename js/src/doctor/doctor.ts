import { VERSION } from "../client.js";
import { reasonOf } from "../errors.js";
import { ENGINE_CHECKS } from "./checks/engine.js";
import { MODEL_CHECKS } from "./checks/models.js";
import { PAGE_CHECKS } from "./checks/page.js";
import { STORAGE_CHECKS } from "./checks/storage.js";
import { WASM_FILE_CHECKS } from "./checks/wasm-files.js";
import { outcomeOfError, untried } from "./outcomes.js";
import type {
  Check,
  DoctorFinding,
  DoctorOptions,
  DoctorReport,
  Health,
  Outcome,
} from "./types.js";

const CHECKS: readonly Check[] = [
  ...PAGE_CHECKS,
  ...WASM_FILE_CHECKS,
  ...ENGINE_CHECKS,
  ...STORAGE_CHECKS,
  ...MODEL_CHECKS,
];
const TIME_LIMIT_MS = 10_000;
const HEALTHS: readonly Health[] = ["good", "warning", "bad"];

/**
 * Tries, one after another, everything that pagevec needs or can use here: policies, wasm files,
 * workers, storage, models. Each check does the thing itself, takes at most `timeLimit`, and removes
 * what it has made. Some take a second or two; wasm files and a part of the models' cache are read.
 * @returns every finding that applies here. It does not reject: what goes wrong is a finding.
 */
export async function doctor(options: DoctorOptions = {}): Promise<DoctorReport> {
  const outcomes = new Map<string, Outcome>();
  const findings: DoctorFinding[] = [];
  for (const check of CHECKS) {
    if (options.signal?.aborted) break;
    if (check.applies?.(options) === false) continue;
    const outcome = await examine(check, options, outcomes);
    if (options.signal?.aborted) break;
    outcomes.set(check.id, outcome);
    const { untried: _, ...told } = outcome;
    const finding = { id: check.id, title: check.title, ...told };
    findings.push(finding);
    tell(options, finding);
  }
  const worst = Math.max(0, ...findings.map(({ ok }) => HEALTHS.indexOf(ok)));
  return {
    ok: HEALTHS[worst] as Health,
    findings,
    version: VERSION,
    userAgent: globalThis.navigator?.userAgent ?? "no browser",
    time: new Date().toISOString(),
  };
}

async function examine(
  check: Check,
  options: DoctorOptions,
  found: ReadonlyMap<string, Outcome>,
): Promise<Outcome> {
  const missing = check.needs?.filter(
    (id) => found.get(id)?.ok === "bad" || found.get(id)?.untried,
  );
  if (missing?.length) {
    const titles = CHECKS.filter(({ id }) => missing.includes(id)).map(({ title }) => title);
    return untried(`see "${titles.join('", "')}"`, "See to that first, then look again.");
  }
  const ending = new AbortController();
  const { timeLimit = TIME_LIMIT_MS } = options;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<Outcome>((resolve) => {
    const { otherwise: ok, fix } = check;
    const give = (detail: string) => resolve({ ok, detail, fix });
    timer = setTimeout(() => give(`no answer within ${timeLimit} ms`), timeLimit);
    options.signal?.addEventListener("abort", () => give("aborted"), { signal: ending.signal });
  });
  const asked = Promise.resolve().then(() => check.run({ options, signal: ending.signal, found }));
  try {
    return await Promise.race([asked, late]);
  } catch (error) {
    return outcomeOfError(error, check);
  } finally {
    clearTimeout(timer);
    ending.abort();
    // One that was too late has nobody to tell.
    asked.catch(() => {});
  }
}

/** A listener that throws is not the doctor's trouble. */
function tell({ onFinding }: DoctorOptions, finding: DoctorFinding): void {
  try {
    onFinding?.({ ...finding });
  } catch (error) {
    console.error(`pagevec: onFinding failed: ${reasonOf(error)}`);
  }
}
