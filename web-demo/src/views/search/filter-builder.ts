import type { Where } from "pagevec";
import type { Context } from "../../context.js";

/**
 * Builds a condition on the metadata of the chosen collection.
 * @param _root an empty element of the search view
 * @param _onChange is given the condition after each change; undefined: all records
 */
export function mountFilterBuilder(
  _root: HTMLElement,
  _context: Context,
  _onChange: (where: Where | undefined) => void,
): void {}
