import type { RecordFilter } from "../../database/methods.js";
import type { Where, WhereDocument } from "../../types.js";
import { toRecordFilter } from "../filter.js";
import { invalid, shown } from "../validate.js";

type Condition = Record<string, unknown>;

/** The ids that a filter finds, in insertion order; of all records without one. */
export type FindIds = (filter: RecordFilter) => Promise<string[]>;

/** Which column a condition is about; "mixed" when about several. */
type Column = "metadata" | "document" | "id" | "mixed";

/**
 * A filter for a condition that may name #document and #id beside metadata keys, as those of
 * chromadb's Search API. One about metadata or about documents alone becomes where or
 * whereDocument; of others the ids are looked up part by part.
 * @throws invalid_argument
 */
export async function toExpressionFilter(
  where: Condition | null | undefined,
  findIds: FindIds,
): Promise<RecordFilter> {
  if (where === null || where === undefined) return toRecordFilter({});
  const column = columnOf(where);
  if (column === "metadata") return toRecordFilter({ where: where as Where });
  if (column === "document") return toRecordFilter({ whereDocument: ofDocument(where) });
  return toRecordFilter({ ids: [...(await idsOf(where, findIds))] });
}

function partsOf(condition: Condition): Condition[] | undefined {
  const parts = condition.$and ?? condition.$or;
  return Array.isArray(parts) && Object.keys(condition).length === 1 ? parts : undefined;
}

function columnOf(condition: Condition): Column {
  if (typeof condition !== "object" || condition === null) {
    throw invalid(`where has ${shown(condition)} where a condition must be`);
  }
  const parts = partsOf(condition);
  if (!parts) {
    const [key, ...more] = Object.keys(condition);
    // Of several keys the core says that they are too many.
    if (more.length > 0) return "metadata";
    return key === "#document" ? "document" : key === "#id" ? "id" : "metadata";
  }
  const columns = new Set(parts.map(columnOf));
  return columns.size === 1
    ? ([...columns][0] as Column)
    : columns.size === 0
      ? "metadata"
      : "mixed";
}

/** Without the name of the column, which whereDocument does not have. */
function ofDocument(condition: Condition): WhereDocument {
  const parts = partsOf(condition);
  if (!parts) return condition["#document"] as WhereDocument;
  return { [Object.keys(condition)[0] as string]: parts.map(ofDocument) } as WhereDocument;
}

async function idsOf(condition: Condition, findIds: FindIds): Promise<Set<string>> {
  const column = columnOf(condition);
  const parts = partsOf(condition);
  if (column === "id" && !parts) return namedIds(condition["#id"], findIds);
  if (column === "metadata" || column === "document") {
    return new Set(await findIds(await toExpressionFilter(condition, findIds)));
  }
  const found: Set<string>[] = [];
  for (const part of parts ?? []) found.push(await idsOf(part, findIds));
  if ("$or" in condition) return new Set(found.flatMap((ids) => [...ids]));
  const [first = new Set<string>(), ...others] = found;
  return new Set([...first].filter((id) => others.every((ids) => ids.has(id))));
}

/** The records whose id is, or is none of, those given. */
async function namedIds(operand: unknown, findIds: FindIds): Promise<Set<string>> {
  const expression = typeof operand === "string" ? { $eq: operand } : (operand ?? {});
  const [[operator, value] = [], ...more] = Object.entries(expression as object);
  const named = new Set<string>(Array.isArray(value) ? value : [value]);
  const isList = operator === "$in" || operator === "$nin";
  const known = isList || operator === "$eq" || operator === "$ne";
  if (!known || more.length > 0 || isList !== Array.isArray(value)) {
    throw invalid(
      `#id takes $eq and $ne with an id, $in and $nin with a list; got ${shown(operator)}`,
    );
  }
  const found = await findIds(toRecordFilter({ ids: [...named] }));
  if (operator === "$eq" || operator === "$in") return new Set(found);
  return new Set((await findIds(toRecordFilter({}))).filter((id) => !named.has(id)));
}
