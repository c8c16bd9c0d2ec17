#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace pagevec {

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
  enum class Kind : uint8_t { All, Any, Contains, Regex };
  struct Node {
    Kind kind = Kind::Contains;
    bool negated = false;
    bool usesRegex = false;  ///< it, or one of its parts
    std::string text;        ///< what a document contains, or the pattern
    std::vector<Node> parts;
  };

  /// Parses {"$contains": text}, {"$not_contains": text}, {"$regex": pattern},
  /// {"$not_regex": pattern}, {"$and": [...]} or {"$or": [...]}. InvalidArgument, naming operator and
  /// value, for anything else; LimitExceeded for JSON nested deeper than 64 levels.
  static Result<WhereDocument> parse(std::string_view json);

  /// Whether a record with this document (null: none) meets the condition. Having no document, a
  /// record meets the negated conditions alone. regex may be null unless usesRegex().
  bool matches(const std::string* document, const RegexMatcher* regex) const {
    return matches(root_, document, regex);
  }

  bool usesRegex() const { return root_.usesRegex; }
  /// The text it was parsed from: equal texts are equal conditions.
  const std::string& text() const { return text_; }

 private:
  static bool matches(const Node& node, const std::string* document, const RegexMatcher* regex);

  Node root_;
  std::string text_;
};

}  // namespace pagevec
