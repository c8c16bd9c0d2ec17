#include "fields/condition.h"

#include "base/quote.h"

namespace pagevec {
namespace {

Status refuse(const std::string& message) { return Status(StatusCode::InvalidArgument, message); }

}  // namespace

Status checkOneKey(const JsonValue& value, const char* name, const char* example) {
  const std::string expected = std::string("; give an object such as ") + example;
  if (value.type != JsonValue::Type::Object) {
    return refuse(std::string(name) + " holds " + typeName(value.type) +
                  " where a condition stands" + expected);
  }
  if (value.items.empty()) return refuse(std::string(name) + " holds an empty object" + expected);
  if (value.items.size() == 1) return {};
  return refuse(std::string(name) + " holds an object of " + std::to_string(value.items.size()) +
                " keys, " + inQuotes(value.keys[0]) + " and " + inQuotes(value.keys[1]) +
                "; give each an object of its own and join them with $and");
}

Status checkParts(const JsonValue& join, const char* name) {
  const JsonValue& parts = join.items[0];
  if (parts.type == JsonValue::Type::List && parts.items.size() >= 2) return {};
  return refuse(std::string(name) + " has " + join.keys[0] + " with " +
                (parts.type == JsonValue::Type::List
                     ? "a list of " + std::to_string(parts.items.size())
                     : typeName(parts.type)) +
                "; give a list of two or more conditions");
}

}  // namespace pagevec
