#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace pagevec {

/// nlohmann's parser calls it once per JSON event and stops when it answers false.
using JsonEvents = nlohmann::json_sax<nlohmann::json>;

/// The one place that the parser is compiled for. json has no NUL byte: the parser would take it for
/// the end and ignore what follows.
bool parseJson(std::string_view json, JsonEvents& events);

/// A JSON text as a tree, for small texts such as filters.
struct JsonValue {
  enum class Type : uint8_t { Null, Boolean, Number, String, List, Object };

  /// InvalidArgument, beginning with name, for what is no JSON text, a number that is no finite
  /// double or a key given twice in one object; LimitExceeded for nesting deeper than 64 levels.
  static Result<JsonValue> parse(std::string_view json, const char* name);

  Type type = Type::Null;
  bool boolean = false;
  double number = 0;
  std::string string;
  std::vector<JsonValue> items;   ///< of a list, or the values of an object
  std::vector<std::string> keys;  ///< of an object, one for each of items
};

/// "a string", "an object" and so on, for messages.
const char* typeName(JsonValue::Type type);

}  // namespace pagevec
