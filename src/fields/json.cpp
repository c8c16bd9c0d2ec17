#include "fields/json.h"

#include <cstdlib>

#include "base/concat.h"
#include "base/utf8.h"

namespace pagevec {
namespace {

using Type = JsonValue::Type;

/// What walks the tree does so by recursion, on the 64 KiB stack of a wasm module.
constexpr int kMaxNesting = 64;

bool isDigit(char c) { return c >= '0' && c <= '9'; }

/// Each function reads one thing at at_ and answers false where the text has something else.
class JsonReader {
 public:
  explicit JsonReader(std::string_view text) : text_(text) {}

  size_t at() const { return at_; }
  bool tooDeep() const { return tooDeep_; }
  bool atEnd() const { return at_ == text_.size(); }

  bool value(JsonValue& out, int depth);
  void space() {
    while (peek() == ' ' || peek() == '\n' || peek() == '\r' || peek() == '\t') ++at_;
  }

 private:
  // NUL, which no JSON text has, stands for the end.
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool take(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  bool word(std::string_view expected) {
    if (text_.substr(at_, expected.size()) != expected) return false;
    at_ += expected.size();
    return true;
  }
  bool digits() {
    const size_t begin = at_;
    while (isDigit(peek())) ++at_;
    return at_ > begin;
  }

  bool number(double& out);
  bool string(std::string& out);
  bool escape(std::string& out);
  bool codeUnit(char32_t& out);
  bool container(JsonValue& out, char end, int depth);

  std::string_view text_;
  size_t at_ = 0;
  bool tooDeep_ = false;
};

bool JsonReader::value(JsonValue& out, int depth) {
  space();
  const char first = peek();
  if (first == '{' || first == '[') {
    out.type = first == '{' ? Type::Object : Type::List;
    return container(out, first == '{' ? '}' : ']', depth);
  }
  if (first == '"') {
    out.type = Type::String;
    return string(out.string);
  }
  if (first == 'n') return word("null");
  out.type = first == 't' || first == 'f' ? Type::Boolean : Type::Number;
  out.boolean = first == 't';
  if (out.type == Type::Number) return number(out.number);
  return word(out.boolean ? "true" : "false");
}

bool JsonReader::container(JsonValue& out, char end, int depth) {
  tooDeep_ = depth == kMaxNesting;
  if (tooDeep_) return false;
  ++at_;
  space();
  if (take(end)) return true;
  do {
    space();
    if (end == '}') {
      if (peek() != '"' || !string(out.keys.emplace_back())) return false;
      space();
      if (!take(':')) return false;
    }
    if (!value(out.items.emplace_back(), depth + 1)) return false;
    space();
  } while (take(','));
  return take(end);
}

bool JsonReader::number(double& out) {
  const size_t begin = at_;
  take('-');
  if (!take('0') && !digits()) return false;
  if (take('.') && !digits()) return false;
  if (take('e') || take('E')) {
    if (!take('+')) take('-');
    if (!digits()) return false;
  }
  out = std::strtod(std::string(text_.substr(begin, at_ - begin)).c_str(), nullptr);
  if (out == 0) out = 0;  // no -0, which JSON.stringify does not write
  return true;
}

bool JsonReader::string(std::string& out) {
  ++at_;
  for (;;) {
    const size_t begin = at_;
    while (static_cast<uint8_t>(peek()) >= 0x20 && peek() != '"' && peek() != '\\') ++at_;
    out.append(text_, begin, at_ - begin);
    if (take('"')) return true;
    if (!take('\\') || !escape(out)) return false;
  }
}

bool JsonReader::escape(std::string& out) {
  constexpr std::string_view kNames = "\"\\/bfnrt";
  constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
  const size_t place = kNames.find(peek());
  if (place != std::string_view::npos) {
    ++at_;
    out += kMeanings[place];
    return true;
  }
  char32_t unit;
  if (!codeUnit(unit)) return false;
  if (unit >= 0xD800 && unit < 0xDC00) {
    char32_t low;
    if (!take('\\') || !codeUnit(low) || low < 0xDC00 || low > 0xDFFF) return false;
    unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
  } else if (unit >= 0xDC00 && unit < 0xE000) {
    return false;
  }
  appendUtf8(out, unit);
  return true;
}

/// The rest of an escape such as \u00e9.
bool JsonReader::codeUnit(char32_t& out) {
  if (!take('u')) return false;
  out = 0;
  for (int i = 0; i < 4; ++i) {
    const char c = peek();
    const char letter = static_cast<char>(c | 0x20);
    if (!isDigit(c) && (letter < 'a' || letter > 'f')) return false;
    out = out << 4 | static_cast<char32_t>(isDigit(c) ? c - '0' : letter - 'a' + 10);
    ++at_;
  }
  return true;
}

}  // namespace

Status JsonValue::parse(std::string_view json, std::string_view name) {
  JsonReader reader(json);
  const bool read = reader.value(*this, 0);
  if (reader.tooDeep()) {
    return Status(StatusCode::LimitExceeded,
                  concat({name, " is nested deeper than 64 levels; flatten it"}));
  }
  reader.space();
  if (read && reader.atEnd() && isValidUtf8(json)) return {};
  return Status(StatusCode::InvalidArgument,
                concat({name, " is no valid JSON at byte ", std::to_string(reader.at()),
                        "; lone surrogates and invalid UTF-8 count as invalid, see "
                        "toWellFormed()"}));
}

const char* typeName(Type type) {
  constexpr const char* kNames[] = {"null",     "a boolean", "a number",
                                    "a string", "a list",    "an object"};
  return kNames[static_cast<int>(type)];
}

}  // namespace pagevec
