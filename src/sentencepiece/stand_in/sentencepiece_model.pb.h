#pragma once

#include <string>
#include <utility>
#include <vector>

// Stands in for the class that protobuf would generate. The library's models and its normalizer
// read a handful of fields through these accessors; src/sentencepiece/model_fields.cpp reads the
// file. So no protobuf is compiled or downloaded, and no parser but ours sees a file's bytes.
namespace sentencepiece {

/// Numbers and defaults are those of sentencepiece_model.proto.
class TrainerSpec {
 public:
  bool treat_whitespace_as_suffix() const { return treat_whitespace_as_suffix_; }
  bool byte_fallback() const { return byte_fallback_; }
  const std::string& unk_piece() const { return unk_piece_; }
  const std::string& bos_piece() const { return bos_piece_; }
  const std::string& eos_piece() const { return eos_piece_; }
  const std::string& pad_piece() const { return pad_piece_; }

  void set_treat_whitespace_as_suffix(bool value) { treat_whitespace_as_suffix_ = value; }
  void set_byte_fallback(bool value) { byte_fallback_ = value; }

 private:
  bool treat_whitespace_as_suffix_ = false;
  bool byte_fallback_ = false;
  std::string unk_piece_ = "<unk>";
  std::string bos_piece_ = "<s>";
  std::string eos_piece_ = "</s>";
  std::string pad_piece_ = "<pad>";
};

class NormalizerSpec {
 public:
  const std::string& precompiled_charsmap() const { return precompiled_charsmap_; }
  bool add_dummy_prefix() const { return add_dummy_prefix_; }
  bool remove_extra_whitespaces() const { return remove_extra_whitespaces_; }
  bool escape_whitespaces() const { return escape_whitespaces_; }

  void set_precompiled_charsmap(std::string value) { precompiled_charsmap_ = std::move(value); }
  void set_add_dummy_prefix(bool value) { add_dummy_prefix_ = value; }
  void set_remove_extra_whitespaces(bool value) { remove_extra_whitespaces_ = value; }
  void set_escape_whitespaces(bool value) { escape_whitespaces_ = value; }

 private:
  std::string precompiled_charsmap_;
  bool add_dummy_prefix_ = true;
  bool remove_extra_whitespaces_ = true;
  bool escape_whitespaces_ = true;
};

class ModelProto {
 public:
  class SentencePiece {
   public:
    enum Type { NORMAL = 1, UNKNOWN = 2, CONTROL = 3, USER_DEFINED = 4, UNUSED = 5, BYTE = 6 };

    SentencePiece(std::string piece, float score, Type type)
        : piece_(std::move(piece)), score_(score), type_(type) {}

    const std::string& piece() const { return piece_; }
    float score() const { return score_; }
    Type type() const { return type_; }

   private:
    std::string piece_;
    float score_;
    Type type_;
  };

  int pieces_size() const { return static_cast<int>(pieces_.size()); }
  const SentencePiece& pieces(int index) const { return pieces_[index]; }
  const std::vector<SentencePiece>& pieces() const { return pieces_; }
  const TrainerSpec& trainer_spec() const { return trainer_spec_; }
  const NormalizerSpec& normalizer_spec() const { return normalizer_spec_; }

  std::vector<SentencePiece>& mutable_pieces() { return pieces_; }
  TrainerSpec& mutable_trainer_spec() { return trainer_spec_; }
  NormalizerSpec& mutable_normalizer_spec() { return normalizer_spec_; }

 private:
  std::vector<SentencePiece> pieces_;
  TrainerSpec trainer_spec_;
  NormalizerSpec normalizer_spec_;
};

}  // namespace sentencepiece
