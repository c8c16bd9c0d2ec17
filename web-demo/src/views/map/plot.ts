/** What is drawn of one state of the map. */
export interface Scene {
  /** x and y of each row, one after another. */
  points: Float32Array;
  /** Of each row which colour of the palette. */
  groups: Uint8Array;
  /** The row that is chosen; -1: none. */
  chosen: number;
  /** The rows that are nearest to it or to the query. */
  nearest: number[];
  /** Where the query lies. */
  query: readonly [number, number] | undefined;
}

/** Names of the page's colours, by group. */
const PALETTE = ["--group-0", "--group-1", "--group-2", "--group-3", "--group-4", "--group-5"];
const RADIUS = 2.5;
const MARGIN = 24;
const MOST_ZOOM = 30;
/** How near the pointer must be to a point, in CSS pixels. */
const REACH = 14;

/** Draws a map on a canvas; knows where its points are on the screen. Zooms and moves. */
export class Plot {
  private readonly context: CanvasRenderingContext2D;
  private scene: Scene | undefined;
  private zoom = 1;
  /** Of the map's middle, in shares of the whole: 0.5 is the middle. */
  private centre: [number, number] = [0.5, 0.5];
  private bounds = { left: 0, bottom: 0, width: 1, height: 1 };
  private scheduled = false;

  constructor(private readonly canvas: HTMLCanvasElement) {
    const context = canvas.getContext("2d");
    if (!context) throw new Error("the browser gives this page no canvas to draw on");
    this.context = context;
    new ResizeObserver(() => this.draw()).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
  }

  /** @param fit shows all of it again */
  show(scene: Scene, fit = false): void {
    this.scene = scene;
    this.bounds = boundsOf(scene);
    if (fit) this.fit();
    else this.draw();
  }

  fit(): void {
    this.zoom = 1;
    this.centre = [0.5, 0.5];
    this.draw();
  }

  /** Zooms about a place of the canvas in CSS pixels; default its middle. */
  zoomBy(factor: number, x = this.width / 2, y = this.height / 2): void {
    const zoom = Math.min(MOST_ZOOM, Math.max(1, this.zoom * factor));
    const change = 1 / this.zoom - 1 / zoom;
    this.centre[0] += ((x - this.width / 2) / this.width) * change;
    this.centre[1] += ((this.height / 2 - y) / this.height) * change;
    this.zoom = zoom;
    this.moveBy(0, 0);
  }

  /** Moves the map by CSS pixels. */
  moveBy(x: number, y: number): void {
    const clamp = (value: number) => Math.min(1, Math.max(0, value));
    this.centre = [
      clamp(this.centre[0] - x / this.width / this.zoom),
      clamp(this.centre[1] + y / this.height / this.zoom),
    ];
    this.draw();
  }

  /** Moves the map so that a row is in sight. */
  reveal(row: number): void {
    const [x, y] = this.onScreen(row);
    const inside = x > 0 && y > 0 && x < this.width && y < this.height;
    if (!inside) this.moveBy(this.width / 2 - x, this.height / 2 - y);
  }

  /** The row nearest to a place of the canvas in CSS pixels; -1 where none is near. */
  rowAt(x: number, y: number): number {
    let best = -1;
    let least = REACH * REACH;
    for (let row = 0; row < this.count; row++) {
      const [px, py] = this.onScreen(row);
      const distance = (px - x) ** 2 + (py - y) ** 2;
      if (distance < least) [best, least] = [row, distance];
    }
    return best;
  }

  /**
   * The row to go to from another in a direction (x to the right, y down): the nearest within 45 degrees
   * of it; -1 where there is none.
   */
  rowTowards(from: number, x: number, y: number): number {
    const [fromX, fromY] = this.onScreen(from);
    let best = -1;
    let least = Infinity;
    for (let row = 0; row < this.count; row++) {
      const [toX, toY] = this.onScreen(row);
      const along = (toX - fromX) * x + (toY - fromY) * y;
      const beside = Math.abs((toX - fromX) * y) + Math.abs((toY - fromY) * x);
      if (row === from || along <= 0 || beside > along) continue;
      const distance = along + 2 * beside;
      if (distance < least) [best, least] = [row, distance];
    }
    return best;
  }

  private get count(): number {
    return (this.scene?.points.length ?? 0) / 2;
  }

  private get width(): number {
    return this.canvas.clientWidth;
  }

  private get height(): number {
    return this.canvas.clientHeight;
  }

  private onScreen(row: number): readonly [number, number] {
    const points = this.scene?.points;
    return this.toScreen(points?.[2 * row] ?? 0, points?.[2 * row + 1] ?? 0);
  }

  private toScreen(x: number, y: number): readonly [number, number] {
    const { left, bottom, width, height } = this.bounds;
    const shareX = (x - left) / width - this.centre[0];
    const shareY = (y - bottom) / height - this.centre[1];
    return [
      this.width / 2 + shareX * (this.width - 2 * MARGIN) * this.zoom,
      this.height / 2 - shareY * (this.height - 2 * MARGIN) * this.zoom,
    ];
  }

  /** Once a frame at most. */
  private draw(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    requestAnimationFrame(() => {
      this.scheduled = false;
      if (this.scene && this.width > 0) this.paint(this.scene);
    });
  }

  private paint(scene: Scene): void {
    const ratio = devicePixelRatio;
    this.canvas.width = Math.round(this.width * ratio);
    this.canvas.height = Math.round(this.height * ratio);
    this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
    const style = getComputedStyle(this.canvas);
    const colours = PALETTE.map((name) => style.getPropertyValue(name));
    this.context.globalAlpha = scene.nearest.length > 0 ? 0.35 : 0.8;
    for (let row = 0; row < this.count; row++) {
      this.dot(this.onScreen(row), RADIUS, colours[scene.groups[row] ?? 0] ?? "gray");
    }
    this.context.globalAlpha = 1;
    this.paintNearest(scene, style);
  }

  private paintNearest(scene: Scene, style: CSSStyleDeclaration): void {
    const ink = style.getPropertyValue("--ink");
    const accent = style.getPropertyValue("--query");
    const origin = scene.query
      ? this.toScreen(...scene.query)
      : scene.chosen >= 0
        ? this.onScreen(scene.chosen)
        : undefined;
    if (!origin) return;
    this.context.strokeStyle = ink;
    this.context.lineWidth = 0.75;
    for (const row of scene.nearest) {
      const end = this.onScreen(row);
      this.context.beginPath();
      this.context.moveTo(...origin);
      this.context.lineTo(...end);
      this.context.stroke();
      this.dot(end, RADIUS + 2, ink);
    }
    this.dot(origin, RADIUS + 5, style.getPropertyValue("--sheet"));
    this.dot(origin, RADIUS + 3.5, scene.query ? accent : ink);
  }

  private dot([x, y]: readonly [number, number], radius: number, colour: string): void {
    this.context.fillStyle = colour;
    this.context.beginPath();
    this.context.arc(x, y, radius, 0, 2 * Math.PI);
    this.context.fill();
  }
}

function boundsOf({ points }: Scene) {
  let [left, right, bottom, top] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let at = 0; at < points.length; at += 2) {
    const [x = 0, y = 0] = [points[at], points[at + 1]];
    left = Math.min(left, x);
    right = Math.max(right, x);
    bottom = Math.min(bottom, y);
    top = Math.max(top, y);
  }
  return { left, bottom, width: right - left || 1, height: top - bottom || 1 };
}
