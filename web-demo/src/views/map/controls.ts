import { byId } from "../../dom.js";
import type { Plot } from "./plot.js";

const STEP = 1.5;
const DIRECTIONS: Record<string, [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** What the map's canvas tells of the visitor's hands. */
export interface PlotEvents {
  /** The pointer is over a row; -1: over none. Places are CSS pixels of the canvas. */
  onHover(row: number, x: number, y: number): void;
  /** A row is to be looked at, by arrow keys; `from` none when it is -1. */
  onWalk(towards: (from: number) => number): void;
  onChoose(row: number): void;
  /** Enter: the row that was walked to. */
  onEnter(): void;
}

/** Zooming, moving, choosing: by mouse, touch and keys. */
export function controlPlot(canvas: HTMLCanvasElement, plot: Plot, events: PlotEvents): void {
  byId("map-in").addEventListener("click", () => plot.zoomBy(STEP));
  byId("map-out").addEventListener("click", () => plot.zoomBy(1 / STEP));
  byId("map-fit").addEventListener("click", () => plot.fit());
  canvas.addEventListener(
    "wheel",
    (event) => {
      // Else the page could not be scrolled past the map.
      if (!event.ctrlKey && !event.metaKey && document.activeElement !== canvas) return;
      event.preventDefault();
      plot.zoomBy(event.deltaY < 0 ? 1.2 : 1 / 1.2, event.offsetX, event.offsetY);
    },
    { passive: false },
  );
  usePointer(canvas, plot, events);
  canvas.addEventListener("keydown", (event) => {
    const direction = DIRECTIONS[event.key];
    if (direction) events.onWalk((from) => plot.rowTowards(from, ...direction));
    else if (event.key === "Enter") events.onEnter();
    else if (event.key === "+") plot.zoomBy(STEP);
    else if (event.key === "-") plot.zoomBy(1 / STEP);
    else if (event.key === "0") plot.fit();
    else return;
    event.preventDefault();
  });
}

function usePointer(canvas: HTMLCanvasElement, plot: Plot, events: PlotEvents): void {
  let dragged = 0;
  canvas.addEventListener("pointerdown", (event) => {
    dragged = 0;
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (event.buttons === 0) {
      return events.onHover(plot.rowAt(event.offsetX, event.offsetY), event.offsetX, event.offsetY);
    }
    dragged += Math.abs(event.movementX) + Math.abs(event.movementY);
    plot.moveBy(event.movementX, event.movementY);
  });
  canvas.addEventListener("pointerleave", () => events.onHover(-1, 0, 0));
  canvas.addEventListener("click", (event) => {
    // The end of a movement is no choice.
    if (dragged > 6) return;
    const row = plot.rowAt(event.offsetX, event.offsetY);
    if (row >= 0) events.onChoose(row);
  });
}
