#pragma once

#include <optional>
#include <string>
#include <vector>

#include "collection/filter.h"
#include "js_types.h"

namespace pagevec::wasm {

/// A filter as a call gives it: ids, where and whereDocument as JSON texts, and the page's regular
/// expressions; each may be null.
class FilterArguments {
 public:
  FilterArguments(const js::OptionalPackedStrings& ids, const js::OptionalString& where,
                  const js::OptionalString& whereDocument, const js::OptionalRegexMatcher& regex);

  /// Why the arguments are no filter, if so.
  const Status& status() const { return status_; }
  /// Refers to this object.
  Filter filter() const;

 private:
  class JsRegexMatcher final : public RegexMatcher {
   public:
    explicit JsRegexMatcher(emscripten::val matcher) : matcher_(std::move(matcher)) {}
    bool matches(std::string_view pattern, std::string_view document) const override;

   private:
    emscripten::val matcher_;
  };

  Status status_;  // made first: the others say in it what is wrong
  std::optional<std::vector<std::string>> ids_;
  std::optional<Where> where_;
  std::optional<WhereDocument> document_;
  JsRegexMatcher regex_;
};

}  // namespace pagevec::wasm
