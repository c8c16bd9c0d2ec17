#include "sentencepiece/library_model.h"

#include <bpe_model.h>
#include <normalizer.h>
#include <sentencepiece_model.pb.h>
#include <unigram_model.h>

#include <array>
#include <charconv>
#include <string>

namespace pagevec {
namespace {

namespace spm = ::sentencepiece;

std::unique_ptr<const spm::ModelProto> protoOf(const ModelFields& fields) {
  auto proto = std::make_unique<spm::ModelProto>();
  proto->mutable_pieces().reserve(fields.pieces.size());
  for (const ModelPiece& piece : fields.pieces) {
    proto->mutable_pieces().emplace_back(
        std::string(piece.text), piece.score,
        static_cast<spm::ModelProto::SentencePiece::Type>(piece.type));
  }
  proto->mutable_trainer_spec().set_byte_fallback(fields.byteFallback);
  proto->mutable_trainer_spec().set_treat_whitespace_as_suffix(fields.whitespaceIsSuffix);
  spm::NormalizerSpec& normalizer = proto->mutable_normalizer_spec();
  normalizer.set_precompiled_charsmap(std::string(fields.charsMap));
  normalizer.set_add_dummy_prefix(fields.addDummyPrefix);
  normalizer.set_remove_extra_whitespaces(fields.removeExtraWhitespaces);
  normalizer.set_escape_whitespaces(fields.escapeWhitespaces);
  return proto;
}

std::unique_ptr<spm::ModelInterface> modelOf(ModelType type, const spm::ModelProto& proto) {
  if (type == ModelType::Bpe) return std::make_unique<spm::bpe::Model>(proto);
  return std::make_unique<spm::unigram::Model>(proto);
}

class SentencePieceModel final : public LibraryModel {
 public:
  explicit SentencePieceModel(const ModelFields& fields)
      : proto_(protoOf(fields)),
        model_(modelOf(fields.type, *proto_)),
        normalizer_(proto_->normalizer_spec(), proto_->trainer_spec()),
        byteFallback_(fields.byteFallback) {
    // User-defined pieces are not normalized.
    normalizer_.SetPrefixMatcher(model_->prefix_matcher());
    for (size_t id = 0; id < fields.pieces.size(); ++id) {
      if (fields.pieces[id].type != PieceType::Byte) continue;
      const std::string_view hex = fields.pieces[id].text.substr(3, 2);
      uint8_t byte = 0;
      std::from_chars(hex.data(), hex.data() + hex.size(), byte, 16);
      byteIds_[byte] = static_cast<int32_t>(id);
    }
  }

  bool ok() const { return model_->status().ok() && normalizer_.status().ok(); }

  // After SentencePieceProcessor::PopulateSentencePieceText.
  void encode(std::string_view text, std::vector<FoundPiece>& out) const override {
    std::string normalized;
    std::vector<size_t> sources;  // of each normalized byte and of the end, its byte in the text
    if (!normalizer_.Normalize(text, &normalized, &sources).ok()) return;
    size_t consumed = 0;
    bool afterUnknown = false;
    for (const auto& [piece, id] : model_->Encode(normalized)) {
      const size_t begin = sources[consumed];
      consumed += piece.size();
      const size_t end = sources[consumed];
      const bool unknown = model_->IsUnknown(id);
      if (unknown && byteFallback_) {
        appendBytes(piece, begin, end, out);
      } else if (unknown && afterUnknown) {
        out.back().end = end;
      } else {
        out.push_back({id, begin, end});
      }
      afterUnknown = unknown;
    }
  }

 private:
  // The last byte stands for the whole character.
  void appendBytes(std::string_view piece, size_t begin, size_t end,
                   std::vector<FoundPiece>& out) const {
    for (const char byte : piece) {
      out.push_back({byteIds_[static_cast<uint8_t>(byte)], begin, begin});
    }
    out.back().end = end;
  }

  // The library's objects keep references to it.
  std::unique_ptr<const spm::ModelProto> proto_;
  std::unique_ptr<spm::ModelInterface> model_;
  spm::normalizer::Normalizer normalizer_;
  bool byteFallback_;
  std::array<int32_t, 256> byteIds_{};
};

}  // namespace

Result<std::unique_ptr<LibraryModel>> makeLibraryModel(const ModelFields& fields) {
  auto model = std::make_unique<SentencePieceModel>(fields);
  if (!model->ok()) {
    return Status(
        StatusCode::Corrupt,
        "the sentencepiece library refuses the model's tables; get the .model file again");
  }
  return std::unique_ptr<LibraryModel>(std::move(model));
}

}  // namespace pagevec
