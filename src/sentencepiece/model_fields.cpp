#include "sentencepiece/model_fields.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <string>

#include "base/quote.h"
#include "base/utf8.h"
#include "sentencepiece/chars_map.h"
#include "sentencepiece/wire_reader.h"

namespace pagevec {
namespace {

using Type = WireField::Type;

/// As many user-defined pieces may match at one place: the library keeps them in an array of this
/// size and does not look.
constexpr size_t kMaxNestedPieces = 64;

Status notAModel(const std::string& what) {
  return Status(StatusCode::Corrupt, "this is no sentencepiece model: " + what +
                                         "; give the .model file that came with the weights");
}

bool isFlag(const WireField& field) { return field.type == Type::Varint; }

// Each of these reads one message. A field of an unexpected type is an error, an unknown one is
// passed over, and the last of several wins, as in protobuf.

bool readPiece(std::string_view message, ModelPiece& piece) {
  WireReader reader(message);
  for (WireField field; reader.next(field);) {
    if (field.number == 1) {
      if (field.type != Type::Bytes) return false;
      piece.text = field.bytes;
    } else if (field.number == 2) {
      if (field.type != Type::Fixed32) return false;
      piece.score = std::bit_cast<float>(static_cast<uint32_t>(field.value));
    } else if (field.number == 3) {
      if (field.type != Type::Varint || field.value < 1 || field.value > 6) return false;
      piece.type = static_cast<PieceType>(field.value);
    }
  }
  return reader.ok();
}

bool readTrainerSpec(std::string_view message, ModelFields& model, uint64_t& modelType) {
  WireReader reader(message);
  for (WireField field; reader.next(field);) {
    if (field.number != 3 && field.number != 24 && field.number != 35) continue;
    if (!isFlag(field)) return false;
    if (field.number == 3) modelType = field.value;
    if (field.number == 24) model.whitespaceIsSuffix = field.value != 0;
    if (field.number == 35) model.byteFallback = field.value != 0;
  }
  return reader.ok();
}

bool readNormalizerSpec(std::string_view message, ModelFields& model) {
  WireReader reader(message);
  for (WireField field; reader.next(field);) {
    if (field.number == 2) {
      if (field.type != Type::Bytes) return false;
      model.charsMap = field.bytes;
    } else if (field.number >= 3 && field.number <= 5) {
      if (!isFlag(field)) return false;
      if (field.number == 3) model.addDummyPrefix = field.value != 0;
      if (field.number == 4) model.removeExtraWhitespaces = field.value != 0;
      if (field.number == 5) model.escapeWhitespaces = field.value != 0;
    }
  }
  return reader.ok();
}

Status readModel(std::string_view file, ModelFields& model, uint64_t& modelType) {
  WireReader reader(file);
  for (WireField field; reader.next(field);) {
    if (field.number > 3) continue;
    bool good = field.type == Type::Bytes;
    if (good && field.number == 1) {
      if (model.pieces.size() == kMaxModelPieces) {
        return Status(StatusCode::LimitExceeded,
                      "the model has more than " + std::to_string(kMaxModelPieces) + " pieces");
      }
      good = readPiece(field.bytes, model.pieces.emplace_back());
    } else if (good && field.number == 2) {
      good = readTrainerSpec(field.bytes, model, modelType);
    } else if (good) {
      good = readNormalizerSpec(field.bytes, model);
    }
    if (!good) return notAModel("field " + std::to_string(field.number) + " cannot be read");
  }
  if (!reader.ok()) return notAModel("it does not parse, or ends early");
  if (model.pieces.empty()) return notAModel("it has no piece");
  return {};
}

std::string nameOf(const ModelFields& model, size_t id) {
  return "piece " + std::to_string(id) + ", " + inQuotes(model.pieces[id].text) + ",";
}

// "<0x00>" to "<0xFF>", as the library writes them.
bool isByteName(std::string_view text) {
  const auto isHexDigit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F'); };
  return text.size() == 6 && text.starts_with("<0x") && text.ends_with('>') &&
         isHexDigit(text[3]) && isHexDigit(text[4]);
}

bool isOneCharacter(std::string_view text) { return decodeUtf8(text, 0).bytes == text.size(); }

Status checkPiece(const ModelFields& model, size_t id) {
  const ModelPiece& piece = model.pieces[id];
  if (piece.text.size() > kMaxPieceBytes) {
    return Status(StatusCode::LimitExceeded,
                  nameOf(model, id) + " has " + std::to_string(piece.text.size()) +
                      " bytes, more than " + std::to_string(kMaxPieceBytes));
  }
  if (piece.text.empty()) return notAModel(nameOf(model, id) + " is empty");
  if (!isValidUtf8(piece.text)) return notAModel(nameOf(model, id) + " is no UTF-8");
  // The library's tables end keys at a zero byte, and stop the program at one.
  if (piece.text.find('\0') != std::string_view::npos) {
    return notAModel(nameOf(model, id) + " holds a zero byte");
  }
  if (!std::isfinite(piece.score)) {
    return notAModel(nameOf(model, id) + " has a score that is no number");
  }
  if (piece.type == PieceType::Byte && (!model.byteFallback || !isByteName(piece.text))) {
    return notAModel(nameOf(model, id) + " stands for a byte, which the model does not use");
  }
  return {};
}

// BPE looks control pieces up like others. It would find one that a text can spell, and then fail
// on that text.
Status checkControls(const ModelFields& model, const std::vector<std::string_view>& spelled) {
  if (model.type != ModelType::Bpe) return {};
  for (size_t id = 0; id < model.pieces.size(); ++id) {
    const ModelPiece& piece = model.pieces[id];
    if (piece.type != PieceType::Control) continue;
    if (isOneCharacter(piece.text) ||
        std::binary_search(spelled.begin(), spelled.end(), piece.text)) {
      return notAModel(nameOf(model, id) + " is a control symbol that texts can spell");
    }
  }
  return {};
}

// sorted: in byte order, so that a piece comes right before those that begin with it.
size_t mostNested(const std::vector<std::string_view>& sorted) {
  std::vector<std::string_view> open;
  size_t most = 0;
  for (const std::string_view text : sorted) {
    while (!open.empty() && !text.starts_with(open.back())) open.pop_back();
    open.push_back(text);
    most = std::max(most, open.size());
  }
  return most;
}

Status checkUserDefined(const ModelFields& model) {
  std::vector<std::string_view> texts;
  for (const ModelPiece& piece : model.pieces) {
    if (piece.type == PieceType::UserDefined) texts.push_back(piece.text);
  }
  std::sort(texts.begin(), texts.end());
  const size_t nested = mostNested(texts);
  if (nested <= kMaxNestedPieces) return {};
  return Status(StatusCode::LimitExceeded,
                std::to_string(nested) + " user-defined pieces begin with each other; at most " +
                    std::to_string(kMaxNestedPieces) + " may");
}

// What the library checks too, but with messages for its own developers.
Status checkTypes(const ModelFields& model) {
  const auto countOf = [&](PieceType type) {
    return std::count_if(model.pieces.begin(), model.pieces.end(),
                         [type](const ModelPiece& piece) { return piece.type == type; });
  };
  if (const auto unknown = countOf(PieceType::Unknown); unknown != 1) {
    return notAModel("it has " + std::to_string(unknown) + " unknown pieces instead of one");
  }
  if (const auto bytes = countOf(PieceType::Byte); model.byteFallback && bytes != 256) {
    return notAModel("it falls back to bytes and has " + std::to_string(bytes) +
                     " byte pieces instead of 256");
  }
  if (model.charsMap.empty()) return {};
  return checkCharsMap(model.charsMap);
}

Status checkNames(const ModelFields& model) {
  std::vector<std::string_view> spelled;
  std::vector<std::string_view> reserved;
  for (const ModelPiece& piece : model.pieces) {
    const bool isSpelled = piece.type == PieceType::Normal || piece.type == PieceType::Unused ||
                           piece.type == PieceType::UserDefined;
    (isSpelled ? spelled : reserved).push_back(piece.text);
  }
  for (std::vector<std::string_view>* names : {&spelled, &reserved}) {
    std::sort(names->begin(), names->end());
    const auto twice = std::adjacent_find(names->begin(), names->end());
    if (twice != names->end()) return notAModel("the piece " + inQuotes(*twice) + " stands twice");
  }
  if (spelled.empty()) return notAModel("it has no piece that a text can hold");
  return checkControls(model, spelled);
}

Status checkModel(const ModelFields& model) {
  for (size_t id = 0; id < model.pieces.size(); ++id) {
    if (Status status = checkPiece(model, id); !status.ok()) return status;
  }
  for (Status (*check)(const ModelFields&) : {checkTypes, checkNames, checkUserDefined}) {
    if (Status status = check(model); !status.ok()) return status;
  }
  return {};
}

}  // namespace

Result<ModelFields> readModelFields(std::string_view file) {
  if (file.size() > kMaxModelBytes) {
    return Status(StatusCode::LimitExceeded, "the model has " + std::to_string(file.size()) +
                                                 " bytes, more than " +
                                                 std::to_string(kMaxModelBytes));
  }
  ModelFields model;
  auto modelType = static_cast<uint64_t>(ModelType::Unigram);
  if (Status status = readModel(file, model, modelType); !status.ok()) return status;
  if (modelType != static_cast<uint64_t>(ModelType::Unigram) &&
      modelType != static_cast<uint64_t>(ModelType::Bpe)) {
    return Status(StatusCode::InvalidArgument,
                  "the model is of type " + std::to_string(modelType) +
                      "; only Unigram (1) and BPE (2) are supported, not words and characters");
  }
  model.type = static_cast<ModelType>(modelType);
  if (Status status = checkModel(model); !status.ok()) return status;
  return model;
}

}  // namespace pagevec
