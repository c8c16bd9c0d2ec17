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

void copyTo(const val& uint8Array, Bytes& bytes) {
  val(emscripten::typed_memory_view(bytes.size(), bytes.data())).call<void>("set", uint8Array);
}

std::vector<float> floatsFrom(const val& float32Array) {
  return emscripten::convertJSArrayToNumberVector<float>(float32Array);
}

Result<std::vector<std::optional<std::string>>> stringsFrom(const val& packed) {
  std::vector<std::optional<std::string>> strings;
  if (packed.isNull()) return strings;
  const Bytes bytes = bytesFrom(packed);
  ByteReader reader(bytes);
  const auto count = reader.number<uint32_t>();
  for (uint32_t i = 0; i < count && reader.ok(); ++i) {
    strings.emplace_back();
    const auto length = reader.number<uint32_t>();
    if (length == kNullLength) continue;
    const ByteView view = reader.raw(length);
    strings.back().emplace(view.begin(), view.end());
  }
  if (reader.atEnd()) return strings;
  return Status(StatusCode::InvalidArgument,
                "a block of strings does not hold what it says; pack it with packStrings()");
}

Result<std::vector<std::string>> plainStringsFrom(const val& packed) {
  Result<std::vector<std::optional<std::string>>> unpacked = stringsFrom(packed);
  if (!unpacked.ok()) return unpacked.status();
  std::vector<std::string> strings;
  strings.reserve(unpacked->size());
  for (std::optional<std::string>& text : unpacked.value()) {
    strings.push_back(std::move(text).value_or(std::string()));
  }
  return strings;
}

uint64_t countFrom(double number) {
  return number >= 0 && number <= 0x1p53 ? static_cast<uint64_t>(number) : 0;
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

void throwError(const Status& status) { val::global("Error").new_(status.message()).throw_(); }

val failure(const Status& status) { return outcome(status.code(), status.message(), val::null()); }

val success(val value) { return outcome(StatusCode::Ok, std::string(), std::move(value)); }

}  // namespace pagevec::marshal
