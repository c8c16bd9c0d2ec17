#include "marshal.h"

namespace pagevec::marshal {
namespace {

constexpr uint32_t kNullLength = 0xFFFFFFFF;

val outcome(StatusCode code, const std::string& message, val value) {
  val object = val::object();
  object.set("code", static_cast<int>(code));
  object.set("message", message);
  object.set("value", std::move(value));
  return object;
}

}  // namespace

Bytes bytesFrom(const val& uint8Array) {
  return emscripten::convertJSArrayToNumberVector<uint8_t>(uint8Array);
}

std::vector<float> floatsFrom(const val& float32Array) {
  return emscripten::convertJSArrayToNumberVector<float>(float32Array);
}

std::vector<std::optional<std::string>> stringsFrom(const val& packed) {
  if (packed.isNull()) return {};
  const Bytes bytes = bytesFrom(packed);
  ByteReader reader(bytes);
  std::vector<std::optional<std::string>> strings(reader.number<uint32_t>());
  for (std::optional<std::string>& text : strings) {
    const uint32_t length = reader.number<uint32_t>();
    if (length == kNullLength) continue;
    const ByteView view = reader.raw(length);
    text.emplace(view.begin(), view.end());
  }
  if (!reader.atEnd()) strings.clear();
  return strings;
}

std::vector<std::string> plainStringsFrom(const val& packed) {
  std::vector<std::string> strings;
  for (std::optional<std::string>& text : stringsFrom(packed)) {
    strings.push_back(std::move(text).value_or(std::string()));
  }
  return strings;
}

void StringPacker::add(std::string_view text) {
  bytes_.blob(text);
  ++count_;
}

void StringPacker::addNull() {
  bytes_.number(kNullLength);
  ++count_;
}

val StringPacker::pack() {
  bytes_.patch(0, count_);
  return arrayOf<uint8_t>(bytes_.view());
}

val failure(const Status& status) { return outcome(status.code(), status.message(), val::null()); }

val success(val value) { return outcome(StatusCode::Ok, std::string(), std::move(value)); }

}  // namespace pagevec::marshal
