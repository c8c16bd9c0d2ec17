#include "fields/metadata.h"

#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "base/concat.h"
#include "base/quote.h"
#include "fields/json.h"

namespace pagevec {
namespace {

using Field = std::pair<std::string, MetadataValue>;
using Type = JsonValue::Type;

Status refuse(const std::string& key, std::string_view problem) {
  return Status(StatusCode::InvalidArgument,
                concat({"metadata key ", inQuotes(key), " ", problem}));
}

// "" or what is wrong with the value of a key.
std::string_view problemOf(const JsonValue& value) {
  if (value.type == Type::Object) return "holds an object; flatten it into keys of its own";
  if (value.type == Type::Number && !std::isfinite(value.number)) {
    return "holds a number beyond the range of a double";
  }
  if (value.type != Type::List) return "";
  if (value.items.empty()) return "holds an empty list; give a value or leave it out";
  for (const JsonValue& item : value.items) {
    if (item.type == Type::Null) return "holds a list with null; leave null out";
    if (item.type == Type::List) return "holds a list in a list; flatten it";
    if (item.type != value.items[0].type) return "holds a list of mixed types; use one type";
    const std::string_view problem = problemOf(item);
    if (!problem.empty()) return problem;
  }
  return "";
}

// The values of a list that has no problem.
template <class T>
std::vector<T> listOf(JsonValue& list, T JsonValue::*member) {
  std::vector<T> values;
  values.reserve(list.items.size());
  for (JsonValue& item : list.items) values.push_back(std::move(item.*member));
  return values;
}

// Of a value that is not null and has no problem.
MetadataValue toMetadata(JsonValue& value) {
  switch (value.type) {
    case Type::Boolean: return value.boolean;
    case Type::Number: return value.number;
    case Type::String: return std::move(value.string);
    default: break;
  }
  switch (value.items[0].type) {
    case Type::Boolean: return listOf(value, &JsonValue::boolean);
    case Type::Number: return listOf(value, &JsonValue::number);
    default: return listOf(value, &JsonValue::string);
  }
}

void appendJson(std::string& out, bool value) { out += value ? "true" : "false"; }

// Not std::to_chars, whose tables would be a third of the wasm download. 17 significant digits
// always read back as the same double; most numbers that people write need 15.
void appendJson(std::string& out, double value) {
  std::array<char, 32> digits;  // the longest form is "-2.2250738585072014e-308"
  for (int precision = 15; precision <= 17; ++precision) {
    std::snprintf(digits.data(), digits.size(), "%.*g", precision, value);
    if (std::strtod(digits.data(), nullptr) == value) break;
  }
  out += digits.data();
}

void appendControl(std::string& out, uint8_t byte) {
  constexpr std::string_view kShort = "btnvfr";  // \b is 8; \v (11) has no JSON form
  constexpr std::string_view kHex = "0123456789abcdef";
  out += '\\';
  if (byte >= 8 && byte <= 13 && byte != 11) {
    out += kShort[byte - 8];
  } else {
    out += "u00";
    out += kHex[byte >> 4];
    out += kHex[byte & 15];
  }
}

void appendJson(std::string& out, std::string_view value) {
  out += '"';
  for (const char c : value) {
    if (static_cast<uint8_t>(c) < 0x20) {
      appendControl(out, static_cast<uint8_t>(c));
    } else {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
  }
  out += '"';
}

void appendJson(std::string& out, const std::string& value) {
  appendJson(out, std::string_view(value));
}

template <class T>
void appendJson(std::string& out, const std::vector<T>& values) {
  out += '[';
  for (size_t i = 0; i < values.size(); ++i) {
    if (i > 0) out += ',';
    appendJson(out, static_cast<const T&>(values[i]));
  }
  out += ']';
}

constexpr size_t kScalarBytes = 8;
constexpr size_t kFieldBytes = 16;  // keeps the number of short keys bounded too

size_t valueBytes(bool) { return kScalarBytes; }
size_t valueBytes(double) { return kScalarBytes; }
size_t valueBytes(const std::string& value) { return kScalarBytes + value.size(); }
template <class T>
size_t valueBytes(const std::vector<T>& values) {
  size_t bytes = 0;
  for (const T& value : values) bytes += valueBytes(value);
  return bytes;
}

}  // namespace

Result<Metadata> Metadata::parse(std::string_view json) {
  JsonValue root;
  if (Status status = root.parse(json, "metadata"); !status.ok()) return status;
  if (root.type != Type::Object) {
    return Status(StatusCode::InvalidArgument,
                  "metadata is no JSON object; give one such as {\"year\":2024}");
  }
  if (root.keys.empty()) {
    return Status(StatusCode::InvalidArgument,
                  "metadata is an empty object; give a key or leave it out");
  }
  Metadata metadata;
  metadata.fields_.reserve(root.keys.size());
  std::unordered_set<std::string_view> seen;
  for (size_t i = 0; i < root.keys.size(); ++i) {
    JsonValue& value = root.items[i];
    std::string_view problem = problemOf(value);
    if (!seen.insert(root.keys[i]).second) problem = "is given twice; keep one";
    if (!problem.empty()) return refuse(root.keys[i], problem);
    if (value.type != Type::Null) metadata.fields_.emplace_back(root.keys[i], toMetadata(value));
  }
  return metadata;
}

std::string Metadata::toJson() const {
  std::string out = "{";
  for (const auto& [key, value] : fields_) {
    if (out.size() > 1) out += ',';
    appendJson(out, key);
    out += ':';
    std::visit([&out](const auto& typed) { appendJson(out, typed); }, value);
  }
  return out + '}';
}

void Metadata::merge(const Metadata& patch) {
  // Reserved first: the map's views point into the fields, which must not move.
  fields_.reserve(fields_.size() + patch.fields_.size());
  std::unordered_map<std::string_view, uint32_t> places;
  for (uint32_t i = 0; i < fields_.size(); ++i) places.emplace(fields_[i].first, i);
  for (const Field& field : patch.fields_) {
    const auto place = places.find(field.first);
    if (place == places.end()) {
      fields_.push_back(field);
    } else {
      fields_[place->second].second = field.second;
    }
  }
}

size_t Metadata::bytes() const {
  size_t bytes = 0;
  for (const auto& [key, value] : fields_) {
    bytes += kFieldBytes + key.size();
    bytes += std::visit([](const auto& typed) { return valueBytes(typed); }, value);
  }
  return bytes;
}

}  // namespace pagevec
