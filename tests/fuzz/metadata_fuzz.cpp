#include <cstdlib>
#include <string_view>

#include "base/utf8.h"
#include "fields/metadata.h"

// What parses must be written as JSON that parses to the same JSON.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pagevec;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto metadata = Metadata::parse(text);
  if (!metadata.ok()) {
    if (metadata.status().message().empty()) std::abort();
    return 0;
  }
  const std::string json = metadata->toJson();
  if (!isValidUtf8(json)) std::abort();
  if (metadata->empty()) return 0;  // nothing but nulls
  const auto again = Metadata::parse(json);
  if (!again.ok() || again->toJson() != json || again->fields() != metadata->fields()) std::abort();
  Metadata merged = metadata.value();
  merged.merge(again.value());
  if (merged.toJson() != json || merged.bytes() != metadata->bytes()) std::abort();
  return 0;
}
