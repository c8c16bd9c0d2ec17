#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/status.h"

namespace pagevec {

/// A metadata value as Chroma defines it: boolean, number, string, or a non-empty list of one of
/// these.
using MetadataValue = std::variant<bool, double, std::string, std::vector<bool>,
                                   std::vector<double>, std::vector<std::string>>;

/// The metadata of one record: keys in the order in which they were first given.
class Metadata {
 public:
  /// Parses a JSON object. A key whose value is null is left out (chromadb's npm client: null has
  /// no effect), so an object of nothing but nulls gives empty metadata. InvalidArgument, naming the
  /// key, for an empty object, a nested object, an empty or mixed list, a list in a list, a number
  /// that is no finite double, a key given twice, text that is no JSON (JsonValue::parse); -0 becomes
  /// 0, as JSON.stringify writes it. LimitExceeded for nesting deeper than 64 levels.
  static Result<Metadata> parse(std::string_view json);

  /// A JSON object whose numbers read back as the same doubles, e.g. {"n":1,"s":"x"}.
  std::string toJson() const;

  /// Takes over every key of patch; other keys stay as they are.
  void merge(const Metadata& patch);

  /// About how many bytes the keys and values take: what the size limit of a record counts.
  size_t bytes() const;

  bool empty() const { return fields_.empty(); }
  const std::vector<std::pair<std::string, MetadataValue>>& fields() const { return fields_; }

 private:
  std::vector<std::pair<std::string, MetadataValue>> fields_;
};

}  // namespace pagevec
