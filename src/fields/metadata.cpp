#include "fields/metadata.h"

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "base/quote.h"
#include "fields/json.h"

namespace pagevec {
namespace {

using Field = std::pair<std::string, MetadataValue>;
using Json = nlohmann::json;

// Nesting ends at a list in the object, so depth is bounded without a stack.
class MetadataHandler final : public JsonEvents {
 public:
  const Status& status() const { return status_; }
  std::vector<Field> takeFields() { return std::move(fields_); }

  bool null() override {
    if (inList_) return failKey("holds a list with null; leave null out");
    return inObject_ || failShape();
  }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(Json::number_integer_t value) override {
    return add(static_cast<double>(value));
  }
  bool number_unsigned(Json::number_unsigned_t value) override {
    return add(static_cast<double>(value));
  }
  bool number_float(Json::number_float_t value, const std::string&) override {
    return add(value == 0 ? 0.0 : value);  // no -0, which JSON integers cannot hold
  }
  bool string(std::string& value) override { return add(std::move(value)); }
  bool binary(Json::binary_t&) override { return failShape(); }

  bool start_object(size_t) override {
    if (inObject_) return failKey("holds an object; flatten it into keys of its own");
    inObject_ = true;
    return true;
  }
  bool key(std::string& name) override {
    key_ = std::move(name);
    return seen_.insert(key_).second || failKey("is given twice; keep one");
  }
  bool end_object() override {
    if (seen_.empty()) return fail("metadata is an empty object; give a key or leave it out");
    return true;
  }
  bool start_array(size_t) override {
    if (!inObject_) return failShape();
    if (inList_) return failKey("holds a list in a list; flatten it");
    inList_ = true;
    return true;
  }
  bool end_array() override {
    if (list_.index() == 0) return failKey("holds an empty list; give a value or leave it out");
    std::visit([this](auto& values) { endList(values); }, list_);
    list_ = std::monostate{};
    inList_ = false;
    return true;
  }
  bool parse_error(size_t position, const std::string&,
                   const nlohmann::detail::exception& error) override {
    if (error.id == 406) return failKey("holds a number beyond the range of a double");
    return fail("metadata is no valid JSON at byte " + std::to_string(position) +
                "; lone surrogates and invalid UTF-8 count as invalid, see toWellFormed()");
  }

 private:
  template <class T>
  bool add(T value) {
    if (!inObject_) return failShape();
    if (!inList_) {
      fields_.emplace_back(std::move(key_), std::move(value));
      return true;
    }
    if (list_.index() == 0) list_.emplace<std::vector<T>>();
    auto* values = std::get_if<std::vector<T>>(&list_);
    if (values == nullptr) return failKey("holds a list of mixed types; use one type");
    values->push_back(std::move(value));
    return true;
  }
  template <class T>
  void endList(std::vector<T>& values) {
    fields_.emplace_back(std::move(key_), std::move(values));
  }
  void endList(std::monostate) {}

  bool failKey(const char* problem) {
    return fail("metadata key " + inQuotes(key_) + ' ' + problem);
  }
  bool failShape() { return fail("metadata is no JSON object; give one such as {\"year\":2024}"); }
  bool fail(std::string message) {
    status_ = Status(StatusCode::InvalidArgument, std::move(message));
    return false;
  }

  std::vector<Field> fields_;
  std::unordered_set<std::string> seen_;
  std::string key_;
  std::variant<std::monostate, std::vector<bool>, std::vector<double>, std::vector<std::string>>
      list_;
  bool inObject_ = false;
  bool inList_ = false;
  Status status_;
};

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
  // nlohmann's lexer takes a NUL byte for the end of input and would ignore what follows.
  if (const size_t nul = json.find('\0'); nul != std::string_view::npos) {
    return Status(StatusCode::InvalidArgument,
                  "metadata is no valid JSON: it holds a NUL byte at byte " + std::to_string(nul) +
                      "; write it as \\u0000");
  }
  MetadataHandler handler;
  if (!parseJson(json, handler)) return handler.status();
  Metadata metadata;
  metadata.fields_ = handler.takeFields();
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
  std::unordered_map<std::string_view, size_t> places;
  for (size_t i = 0; i < fields_.size(); ++i) places.emplace(fields_[i].first, i);
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
