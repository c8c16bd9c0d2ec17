#pragma once

#include <string_view>

#include "fields/condition.h"

namespace pagevec {

/// Reads a condition into out, which is new: on documents where name is "whereDocument", else on
/// metadata. The refusals are those of Where::parse() and WhereDocument::parse().
Status parseCondition(std::string_view json, std::string_view name, Condition& out);

}  // namespace pagevec
