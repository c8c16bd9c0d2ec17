#include "sentencepiece/id_mapping.h"

#include <algorithm>
#include <string_view>

namespace pagevec {
namespace {

int32_t findPiece(const ModelFields& model, PieceType type, std::string_view text) {
  for (size_t id = 0; id < model.pieces.size(); ++id) {
    const ModelPiece& piece = model.pieces[id];
    if (piece.type == type && (text.empty() || piece.text == text)) return static_cast<int32_t>(id);
  }
  return IdScheme::kNone;
}

IdScheme plainScheme(const ModelFields& model) {
  IdScheme scheme;
  scheme.unknownPiece = findPiece(model, PieceType::Unknown, {});
  scheme.unknown = scheme.unknownPiece;
  scheme.vocabularySize = model.pieces.size();
  return scheme;
}

// fairseq numbers <s> <pad> </s> <unk> itself and lets the model's own <unk> <s> </s> go: its other
// pieces begin at 4 instead of 3. <mask> comes behind all.
Result<IdScheme> xlmrScheme(const ModelFields& model) {
  const auto is = [&](size_t id, PieceType type, std::string_view text) {
    return id < model.pieces.size() && model.pieces[id].type == type &&
           (text.empty() || model.pieces[id].text == text);
  };
  if (!is(0, PieceType::Unknown, {}) || !is(1, PieceType::Control, "<s>") ||
      !is(2, PieceType::Control, "</s>")) {
    return Status(StatusCode::InvalidArgument,
                  "the model does not begin with <unk>, <s>, </s>, as XLM-RoBERTa's does; use "
                  "another mapping");
  }
  IdScheme scheme = plainScheme(model);
  const auto mask = static_cast<int32_t>(model.pieces.size()) + 1;
  scheme.first = 0;
  scheme.last = 2;
  scheme.offset = 1;
  scheme.unknown = 3;
  scheme.specials = {{"<s>", 0}, {"<pad>", 1}, {"</s>", 2}, {"<unk>", 3}, {"<mask>", mask}};
  scheme.vocabularySize = static_cast<size_t>(mask) + 1;
  return scheme;
}

Result<IdScheme> t5Scheme(const ModelFields& model) {
  IdScheme scheme = plainScheme(model);
  scheme.last = findPiece(model, PieceType::Control, "</s>");
  if (scheme.last == IdScheme::kNone) {
    return Status(StatusCode::InvalidArgument,
                  "the model has no control symbol </s>, as T5's does; use another mapping");
  }
  scheme.specials = {{"</s>", scheme.last}, {"<unk>", scheme.unknown}};
  const int32_t padding = findPiece(model, PieceType::Control, "<pad>");
  if (padding != IdScheme::kNone) scheme.specials.push_back({"<pad>", padding});
  return scheme;
}

}  // namespace

Result<IdScheme> makeIdScheme(const ModelFields& model, IdMapping mapping) {
  switch (mapping) {
    case IdMapping::Plain: return plainScheme(model);
    case IdMapping::XlmR: return xlmrScheme(model);
    case IdMapping::T5: return t5Scheme(model);
  }
  return Status(StatusCode::InvalidArgument,
                "there is no id mapping " + std::to_string(static_cast<int>(mapping)));
}

}  // namespace pagevec
