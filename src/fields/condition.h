#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace pagevec {

/// What `where` and `whereDocument` are made of.
struct Condition {
  enum class Kind : uint8_t {
    All,       ///< $and
    Any,       ///< $or
    OneOf,     ///< the value is one of terms or numbers: $eq, $in; negated $ne, $nin
    Range,     ///< the value is a number from lowest to highest: $gt, $gte, $lt, $lte
    Holds,     ///< the value is a list with the item in terms: $contains; negated $not_contains
    Contains,  ///< the document contains text: $contains; negated $not_contains
    Regex,     ///< text matches in the document: $regex; negated $not_regex
  };
  Kind kind = Kind::OneOf;
  bool negated = false;            ///< a record without the key, or the document, meets it as well
  bool usesRegex = false;          ///< it, or one of its parts
  std::string text;                ///< of Contains and Regex; else the metadata key
  std::vector<std::string> terms;  ///< as termOf() writes them
  std::vector<double> numbers;     ///< ascending
  double lowest = 0;
  double highest = 0;
  std::vector<Condition> parts;  ///< of All and Any: two or more

  bool isJoin() const { return kind == Kind::All || kind == Kind::Any; }
};

/// Chroma's `where`: a condition on metadata.
class Where {
 public:
  /// Parses {"key": value}, {"key": {"$operator": operand}}, {"$and": [...]} or {"$or": [...]}.
  /// InvalidArgument, naming key, operator and operand, for what breaks Chroma's rules: exactly one
  /// key an object; two or more parts of $and and $or; numbers for $gt, $gte, $lt, $lte; a non-empty
  /// list of one type for $in and $nin; a string, number or boolean elsewhere. LimitExceeded for
  /// JSON nested deeper than 64 levels.
  static Result<Where> parse(std::string_view json);

  const Condition& root() const { return *root_; }
  /// The text it was parsed from: equal texts are equal conditions.
  const std::string& text() const { return text_; }

 private:
  std::unique_ptr<Condition> root_ = std::make_unique<Condition>();
  std::string text_;
};

/// Regular expressions, which the core leaves to its host.
class RegexMatcher {
 public:
  virtual ~RegexMatcher() = default;
  /// Whether the expression matches somewhere in the document. pattern was accepted by the host.
  virtual bool matches(std::string_view pattern, std::string_view document) const = 0;
};

/// Chroma's `whereDocument`: a condition on a record's document.
class WhereDocument {
 public:
  /// Parses {"$contains": text}, {"$not_contains": text}, {"$regex": pattern},
  /// {"$not_regex": pattern}, {"$and": [...]} or {"$or": [...]}. InvalidArgument, naming operator and
  /// operand, for anything else; LimitExceeded as Where::parse().
  static Result<WhereDocument> parse(std::string_view json);

  /// Whether a record with this document (null: none) meets the condition. Having no document, a
  /// record meets the negated conditions alone. regex may be null unless usesRegex().
  bool matches(const std::string* document, const RegexMatcher* regex) const;

  bool usesRegex() const { return root_->usesRegex; }
  /// The text it was parsed from: equal texts are equal conditions.
  const std::string& text() const { return text_; }

 private:
  std::unique_ptr<Condition> root_ = std::make_unique<Condition>();
  std::string text_;
};

/// A metadata value as one string: where it stands (by itself, or as an item of a list), its type,
/// its bytes. Types are strict, so no two values that differ share a term.
std::string termOf(bool inList, bool value);
std::string termOf(bool inList, double value);
std::string termOf(bool inList, const std::string& value);

}  // namespace pagevec
