import { byId, make } from "../../dom.js";
import { milliseconds } from "../../format.js";

/** Shows where a query's time went: a bar and its legend. Times are milliseconds. */
export function showTimings(timings: Record<string, number>, note: string): void {
  const box = byId("timings");
  const bar = make("div", "bar");
  bar.setAttribute("aria-hidden", "true");
  const legend = make("ul", "legend");
  for (const [part, time] of Object.entries(timings)) {
    const segment = make("span", `segment part-${part}`);
    segment.style.flexGrow = String(Math.max(time, 0.01));
    bar.append(segment);
    const line = make("li", `part-${part}`, `${part} ${milliseconds(time)}`);
    line.dataset.part = part;
    line.dataset.ms = String(time);
    legend.append(line);
  }
  legend.append(make("li", "total", note));
  box.replaceChildren(bar, legend);
  box.hidden = false;
}

export function hideTimings(): void {
  byId("timings").hidden = true;
}
