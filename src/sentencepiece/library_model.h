#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "sentencepiece/model_fields.h"

namespace pagevec {

/// A piece that the library found, and the bytes of the text that it stands for.
struct FoundPiece {
  int32_t id;
  size_t begin;
  size_t end;
};

/// The one place that names the sentencepiece library: its normalizer and its models.
class LibraryModel {
 public:
  virtual ~LibraryModel() = default;

  /// Appends the pieces of UTF-8 text to out, in order, as the library's SentencePieceProcessor
  /// gives them: unknown ones next to each other are one, or bytes if the model has byte pieces.
  /// Together the pieces cover the text but for spaces that the model drops at its ends.
  virtual void encode(std::string_view text, std::vector<FoundPiece>& out) const = 0;
};

/// fields: of readModelFields(). They are copied: the file need not stay. Corrupt when the library
/// refuses them.
Result<std::unique_ptr<LibraryModel>> makeLibraryModel(const ModelFields& fields);

}  // namespace pagevec
