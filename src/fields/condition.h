#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "fields/json.h"

// What `where` and `whereDocument` have in common: one key an object, $and and $or.
namespace pagevec {

/// Refuses what is no object of exactly one key. name is "where" or "whereDocument".
Status checkOneKey(const JsonValue& value, const char* name, const char* example);

inline bool isJoin(std::string_view key) { return key == "$and" || key == "$or"; }

/// Refuses a join whose value is no list of two or more parts.
Status checkParts(const JsonValue& join, const char* name);

/// Appends the parts of {"$and": [...]} or {"$or": [...]}, each read by parse.
template <class Node>
Status parseParts(const JsonValue& join, const char* name, Result<Node> (*parse)(const JsonValue&),
                  std::vector<Node>& parts) {
  if (Status status = checkParts(join, name); !status.ok()) return status;
  for (const JsonValue& item : join.items[0].items) {
    Result<Node> part = parse(item);
    if (!part.ok()) return part.status();
    parts.push_back(std::move(part.value()));
  }
  return {};
}

}  // namespace pagevec
