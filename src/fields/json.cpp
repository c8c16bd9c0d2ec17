#include "fields/json.h"

#include <algorithm>

#include "base/quote.h"

namespace pagevec {
namespace {

using Json = nlohmann::json;
using Type = JsonValue::Type;

/// What walks the tree does so by recursion, on the 64 KiB stack of a wasm module.
constexpr size_t kMaxNesting = 64;

class TreeBuilder final : public JsonEvents {
 public:
  TreeBuilder(JsonValue& root, const char* name) : root_(root), name_(name) {}
  const Status& status() const { return status_; }

  bool null() override { return add(Type::Null) != nullptr; }
  bool boolean(bool value) override {
    add(Type::Boolean)->boolean = value;
    return true;
  }
  bool number_integer(Json::number_integer_t value) override {
    return addNumber(static_cast<double>(value));
  }
  bool number_unsigned(Json::number_unsigned_t value) override {
    return addNumber(static_cast<double>(value));
  }
  bool number_float(Json::number_float_t value, const std::string&) override {
    return addNumber(value);
  }
  bool string(std::string& value) override {
    add(Type::String)->string = std::move(value);
    return true;
  }
  bool binary(Json::binary_t&) override { return false; }

  bool start_object(size_t) override { return open(Type::Object); }
  bool start_array(size_t) override { return open(Type::List); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(std::string& name) override {
    std::vector<std::string>& keys = open_.back()->keys;
    if (std::find(keys.begin(), keys.end(), name) != keys.end()) {
      return fail(StatusCode::InvalidArgument, " has " + inQuotes(name) + " twice; keep one");
    }
    keys.push_back(std::move(name));
    return true;
  }
  bool parse_error(size_t position, const std::string&,
                   const nlohmann::detail::exception& error) override {
    if (error.id == 406) {
      return fail(StatusCode::InvalidArgument, " has a number beyond the range of a double");
    }
    return fail(StatusCode::InvalidArgument,
                " is no valid JSON at byte " + std::to_string(position) +
                    "; lone surrogates and invalid UTF-8 count as invalid, see toWellFormed()");
  }

 private:
  // The value that an event is about. The pointers in open_ stay good: only the innermost grows.
  JsonValue* add(Type type) {
    JsonValue* value = open_.empty() ? &root_ : &open_.back()->items.emplace_back();
    value->type = type;
    return value;
  }
  bool addNumber(double value) {
    add(Type::Number)->number = value;
    return true;
  }
  bool open(Type type) {
    if (open_.size() == kMaxNesting) {
      return fail(StatusCode::LimitExceeded,
                  " is nested deeper than " + std::to_string(kMaxNesting) + " levels; flatten it");
    }
    open_.push_back(add(type));
    return true;
  }
  bool close() {
    open_.pop_back();
    return true;
  }
  bool fail(StatusCode code, const std::string& problem) {
    status_ = Status(code, name_ + problem);
    return false;
  }

  JsonValue& root_;
  std::string name_;
  std::vector<JsonValue*> open_;
  Status status_;
};

}  // namespace

bool parseJson(std::string_view json, JsonEvents& events) {
  return Json::sax_parse(json.begin(), json.end(), &events);
}

Result<JsonValue> JsonValue::parse(std::string_view json, const char* name) {
  if (json.find('\0') != std::string_view::npos) {
    return Status(
        StatusCode::InvalidArgument,
        std::string(name) + " is no valid JSON: it holds a NUL byte; write it as \\u0000");
  }
  JsonValue root;
  TreeBuilder builder(root, name);
  if (!parseJson(json, builder)) return builder.status();
  return root;
}

const char* typeName(Type type) {
  constexpr const char* kNames[] = {"null",     "a boolean", "a number",
                                    "a string", "a list",    "an object"};
  return kNames[static_cast<int>(type)];
}

}  // namespace pagevec
