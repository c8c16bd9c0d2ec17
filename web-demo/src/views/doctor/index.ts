import "../panels.css";
import "./doctor.css";
import {
  type DoctorFinding,
  type DoctorReport,
  doctor,
  type Health,
  reportText,
} from "pagevec/doctor";
import type { Context, View } from "../../context.js";
import { byId, make } from "../../dom.js";
import { plural } from "../../format.js";
import type { Status } from "../../status.js";
import markup from "./doctor.html?raw";

const WORDS: Record<Health, string> = { good: "good", warning: "could be better", bad: "bad" };

/** What pagevec/doctor finds in this very page. */
export function mount(root: HTMLElement, { status }: Context): View {
  root.innerHTML = markup;
  const again = byId<HTMLButtonElement>("doctor-again");
  const copy = byId<HTMLButtonElement>("doctor-copy");
  const list = byId("doctor-list");
  let report: DoctorReport | undefined;

  const examine = async () => {
    again.disabled = true;
    copy.disabled = true;
    list.replaceChildren();
    byId("doctor-summary").textContent = "Looking …";
    report = await doctor({ onFinding: (finding) => list.append(item(finding)) });
    byId("doctor-summary").textContent = summary(report);
    status.announce(summary(report));
    again.disabled = false;
    copy.disabled = false;
    root.dataset.health = report.ok;
  };
  again.addEventListener("click", () => void examine());
  copy.addEventListener("click", () => report && void copyReport(report, copy, status));
  let examined = false;
  return {
    show() {
      if (examined) return;
      examined = true;
      void examine();
    },
    hide() {},
  };
}

async function copyReport(report: DoctorReport, button: HTMLElement, status: Status) {
  try {
    await navigator.clipboard.writeText(reportText(report));
  } catch {
    return showReport(reportText(report));
  }
  status.announce("The report was copied");
  button.textContent = "Copied";
  setTimeout(() => {
    button.textContent = "Copy report";
  }, 2000);
}

/** Where the browser does not let the page write to the clipboard. */
function showReport(text: string): void {
  const field = byId<HTMLTextAreaElement>("doctor-report");
  field.hidden = false;
  field.value = text;
  field.focus();
  field.select();
}

function summary({ findings }: DoctorReport): string {
  const bad = findings.filter(({ ok }) => ok === "bad").length;
  const warnings = findings.filter(({ ok }) => ok === "warning").length;
  const found = [
    ...(bad > 0 ? [`${bad} bad`] : []),
    ...(warnings > 0 ? [`${plural(warnings, "thing")} could be better`] : []),
  ];
  return `${plural(findings.length, "thing")} tried: ${found.join(", ") || "all good"}.`;
}

function item({ id, title, ok, detail, fix }: DoctorFinding): HTMLElement {
  const item = make("li", "finding");
  item.dataset.id = id;
  item.dataset.health = ok;
  const head = make("p", "finding-head");
  head.append(make("b", "", title), make("span", "finding-health", WORDS[ok]));
  item.append(head, make("p", "finding-detail", detail));
  if (fix) item.append(make("p", "finding-fix", fix));
  return item;
}
