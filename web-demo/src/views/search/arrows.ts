import type { Column } from "./column.js";

/**
 * Arrow keys through the answers: down from the search field into the first list that is in sight, up
 * and down within a list, left and right between them; Escape goes back to the field.
 */
export function walkWithArrows(field: HTMLInputElement, columns: readonly Column[]): void {
  const inSight = () =>
    columns.filter(({ element, titles }) => element.offsetParent !== null && titles.length > 0);
  field.addEventListener("keydown", (event) => {
    const first = inSight()[0];
    if (event.key === "ArrowDown" && first) focus(event, first.titles[0]);
  });
  for (const column of columns) {
    column.element.addEventListener("keydown", (event) => {
      const { titles } = column;
      const at = titles.indexOf(event.target as HTMLElement);
      if (at < 0) return;
      const beside = (step: number) => {
        const others = inSight();
        const next = others[others.indexOf(column) + step]?.titles;
        return next?.[Math.min(at, next.length - 1)];
      };
      const targets: Record<string, HTMLElement | undefined> = {
        ArrowDown: titles[Math.min(at + 1, titles.length - 1)],
        ArrowUp: titles[at - 1] ?? field,
        ArrowLeft: beside(-1),
        ArrowRight: beside(1),
        Home: titles[0],
        End: titles.at(-1),
        Escape: field,
      };
      focus(event, targets[event.key]);
    });
  }
}

function focus(event: KeyboardEvent, target: HTMLElement | undefined): void {
  if (!target) return;
  event.preventDefault();
  target.focus();
}
