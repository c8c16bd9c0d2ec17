import type { RecordFilter } from "../../database/methods.js";
import { type Condition, parseCondition, type Scalar } from "../client/conditions.js";

/** A filter as the server takes it; its clients check more of one than it does. @throws as parseCondition() */
export function toChromaFilter({ ids, where, whereDocument }: RecordFilter) {
  return {
    ids,
    ...(where !== null && { where: toChroma(parseCondition(where, "where")) }),
    ...(whereDocument !== null && {
      where_document: toChroma(parseCondition(whereDocument, "whereDocument")),
    }),
  };
}

function toChroma(condition: Condition): object {
  switch (condition.kind) {
    case "all":
      return { $and: condition.parts.map(toChroma) };
    case "any":
      return { $or: condition.parts.map(toChroma) };
    case "oneOf":
      return oneOf(condition.key, condition.negated, condition.values);
    case "range":
      return { [condition.key]: { [`$${condition.operator}`]: condition.bound } };
    case "holds":
      return { [condition.key]: { [`$${not(condition)}contains`]: condition.value } };
    default:
      return { [`$${not(condition)}${condition.kind}`]: condition.text };
  }
}

const not = ({ negated }: { negated: boolean }) => (negated ? "not_" : "");

/** Whole numbers and others are of two types to the server, which takes lists of one type. */
function oneOf(key: string, negated: boolean, values: Scalar[]): object {
  const operator = negated ? "$nin" : "$in";
  const isBroken = (value: Scalar) => typeof value === "number" && !Number.isInteger(value);
  const lists = [values.filter((value) => !isBroken(value)), values.filter(isBroken)];
  const parts = lists
    .filter((list) => list.length > 0)
    .map((list) => ({ [key]: { [operator]: list } }));
  if (parts.length === 1) return parts[0] as object;
  return { [negated ? "$and" : "$or"]: parts };
}
