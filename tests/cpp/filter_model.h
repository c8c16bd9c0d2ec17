#pragma once

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "collection/collection.h"

// Chroma's filters, written down a second time on nlohmann's values: record by record, without
// columns, sets or a cache.
namespace pagevec::testing {

using Json = nlohmann::json;

inline bool matchesOperator(const Json& value, const std::string& op, const Json& operand) {
  auto equal = [&](const Json& other) {
    return value.type() == other.type() || (value.is_number() && other.is_number()) ? value == other
                                                                                    : false;
  };
  auto in = [&] { return std::any_of(operand.begin(), operand.end(), equal); };
  auto holds = [&] {
    return value.is_array() && std::any_of(value.begin(), value.end(), [&](const Json& item) {
             return matchesOperator(item, "$eq", operand);
           });
  };
  if (op == "$ne") return value.is_null() || !equal(operand);
  if (op == "$nin") return value.is_null() || !in();
  if (op == "$not_contains") return !holds();
  if (op == "$contains") return holds();
  if (value.is_null()) return false;
  if (op == "$eq") return equal(operand);
  if (op == "$in") return in();
  if (!value.is_number()) return false;
  if (op == "$gt") return value > operand;
  if (op == "$gte") return value >= operand;
  if (op == "$lt") return value < operand;
  if (op == "$lte") return value <= operand;
  std::abort();  // no operator of Chroma's
}

inline bool matches(const Json& metadata, const Json& where) {
  const std::string key = where.begin().key();
  const Json& condition = where.begin().value();
  auto holds = [&](const Json& part) { return matches(metadata, part); };
  if (key == "$and") return std::all_of(condition.begin(), condition.end(), holds);
  if (key == "$or") return std::any_of(condition.begin(), condition.end(), holds);
  const Json value = metadata.is_object() && metadata.contains(key) ? metadata[key] : Json();
  if (!condition.is_object()) return matchesOperator(value, "$eq", condition);
  return matchesOperator(value, condition.begin().key(), condition.begin().value());
}

// The recorded expressions are a word, anchored or not, and one class.
inline bool matchesExpression(const std::string& document, const std::string& expression) {
  if (expression == "[0-9]") return document.find_first_of("0123456789") != std::string::npos;
  if (expression.starts_with('^')) return document.starts_with(expression.substr(1));
  if (expression.ends_with('$')) {
    return document.ends_with(expression.substr(0, expression.size() - 1));
  }
  return document.find(expression) != std::string::npos;
}

inline bool matchesDocument(const std::optional<std::string>& document, const Json& where) {
  const std::string key = where.begin().key();
  const Json& condition = where.begin().value();
  auto holds = [&](const Json& part) { return matchesDocument(document, part); };
  if (key == "$and") return std::all_of(condition.begin(), condition.end(), holds);
  if (key == "$or") return std::any_of(condition.begin(), condition.end(), holds);
  const std::string text = condition.get<std::string>();
  const bool negative = key == "$not_contains" || key == "$not_regex";
  bool found = false;
  if (document && key.find("contains") != std::string::npos) {
    found = document->find(text) != std::string::npos;
  } else if (document) {
    found = matchesExpression(*document, text);
  }
  return found != negative;
}

class ModelRegex final : public RegexMatcher {
 public:
  bool matches(std::string_view pattern, std::string_view document) const override {
    ++calls;
    return matchesExpression(std::string(document), std::string(pattern));
  }
  mutable size_t calls = 0;
};

// What a call gives as ids, where and whereDocument, parsed. Stays alive while its Filter is used.
class ParsedFilter {
 public:
  explicit ParsedFilter(const Json& args) {
    if (args.contains("ids")) ids = args["ids"].get<std::vector<std::string>>();
    if (args.contains("where")) where = parsed<Where>(args["where"]);
    if (args.contains("whereDocument")) document = parsed<WhereDocument>(args["whereDocument"]);
  }
  operator Filter() const {
    return {ids ? &*ids : nullptr, where ? &*where : nullptr, document ? &*document : nullptr,
            &regex};
  }

  std::optional<std::vector<std::string>> ids;
  std::optional<Where> where;
  std::optional<WhereDocument> document;
  ModelRegex regex;

 private:
  template <class T>
  static std::optional<T> parsed(const Json& json) {
    Result<T> result = T::parse(json.dump());
    if (result.ok()) return std::move(result.value());
    std::fprintf(stderr, "%s: %s\n", json.dump().c_str(), result.status().message().c_str());
    std::abort();
  }
};

inline Json metadataOf(const RecordView& view) {
  return view.metadata->has_value() ? Json::parse(view.metadata->value().toJson()) : Json();
}

// Whether a record meets the conditions of args (where, whereDocument), by the model.
inline bool meets(const RecordView& view, const Json& args) {
  return (!args.contains("where") || matches(metadataOf(view), args["where"])) &&
         (!args.contains("whereDocument") ||
          matchesDocument(*view.document, args["whereDocument"]));
}

}  // namespace pagevec::testing
