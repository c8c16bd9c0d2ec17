#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace pagevec {

/// Chroma's `where`: a condition on metadata, checked and ready to be looked up in FieldColumns.
class Where {
 public:
  enum class Kind : uint8_t {
    All,    ///< $and
    Any,    ///< $or
    OneOf,  ///< the value is one of terms or numbers: $eq, $in; negated $ne, $nin
    Range,  ///< the value is a number from lowest to highest: $gt, $gte, $lt, $lte
    Holds,  ///< the value is a list with the item in terms: $contains; negated $not_contains
  };
  struct Node {
    Kind kind = Kind::OneOf;
    bool negated = false;  ///< a record without the key matches as well
    std::string key;
    std::vector<std::string> terms;  ///< as termOf() writes them
    std::vector<double> numbers;     ///< ascending
    double lowest = 0;
    double highest = 0;
    std::vector<Node> parts;  ///< of All and Any: two or more
  };

  /// Parses {"key": value}, {"key": {"$operator": operand}}, {"$and": [...]} or {"$or": [...]}.
  /// InvalidArgument, naming key, operator and value, for what breaks Chroma's rules: exactly one
  /// key an object; two or more parts of $and and $or; numbers for $gt, $gte, $lt, $lte; a non-empty
  /// list of one type for $in and $nin; a string, number or boolean elsewhere. LimitExceeded for
  /// JSON nested deeper than 64 levels.
  static Result<Where> parse(std::string_view json);

  const Node& root() const { return root_; }
  /// The text it was parsed from: equal texts are equal conditions.
  const std::string& text() const { return text_; }

 private:
  Node root_;
  std::string text_;
};

/// A value as one string: where it stands (by itself, or as an item of a list), its type, its bytes.
/// Types are strict, so no two values that differ share a term.
std::string termOf(bool inList, bool value);
std::string termOf(bool inList, double value);
std::string termOf(bool inList, const std::string& value);

}  // namespace pagevec
