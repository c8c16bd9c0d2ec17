#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace pagevec {

/// A JSON text (RFC 8259) as a tree.
struct JsonValue {
  enum class Type : uint8_t { Null, Boolean, Number, String, List, Object };

  /// Reads all of json into *this, which is new. InvalidArgument, saying at which byte, for what is
  /// no JSON; invalid UTF-8 and escapes of lone surrogates count as such. LimitExceeded for lists and
  /// objects nested deeper than 64 levels. name begins the message.
  Status parse(std::string_view json, std::string_view name);

  bool isScalar() const {
    return type == Type::Boolean || type == Type::Number || type == Type::String;
  }

  Type type = Type::Null;
  bool boolean = false;
  double number = 0;  ///< infinite where the text has a number that no double holds; never -0
  std::string string;
  std::vector<JsonValue> items;   ///< of a list, or the values of an object
  std::vector<std::string> keys;  ///< of an object, one for each of items; one may be there twice
};

/// "a string", "an object" and so on, for messages.
const char* typeName(JsonValue::Type type);

}  // namespace pagevec
