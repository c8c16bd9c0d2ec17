#include <gtest/gtest.h>

#include "encoder/convert/bert_model.h"
#include "encoder/convert/onnx_weights.h"
#include "encoder_models.h"

namespace pagevec {
namespace {

/// Protobuf messages by hand.
class Message {
 public:
  Message& varint(uint32_t field, uint64_t value) {
    number(uint64_t{field} << 3);
    number(value);
    return *this;
  }
  Message& bytes(uint32_t field, ByteView value) {
    number(uint64_t{field} << 3 | 2);
    number(value.size());
    out_.raw(value);
    return *this;
  }
  Message& text(uint32_t field, std::string_view value) {
    return bytes(field, {reinterpret_cast<const uint8_t*>(value.data()), value.size()});
  }
  ByteView view() const { return out_.view(); }

 private:
  void number(uint64_t value) {
    for (; value >= 0x80; value >>= 7) out_.number(static_cast<uint8_t>(value | 0x80));
    out_.number(static_cast<uint8_t>(value));
  }
  ByteWriter out_;
};

/// How PyTorch's exporter writes a BERT model.
class OnnxWriter {
 public:
  void tensor(const std::string& name, std::vector<uint64_t> shape,
              const std::vector<float>& values, uint64_t type = 1) {
    Message tensor;
    for (const uint64_t size : shape) tensor.varint(1, size);
    const ByteView bytes(reinterpret_cast<const uint8_t*>(values.data()), values.size() * 4);
    // Both ways in which floats are written.
    tensor.varint(2, type).text(8, name).bytes(shape.size() == 1 ? 4 : 9, bytes);
    graph_.bytes(5, tensor.view());
  }
  void node(const std::string& type, const std::string& a, const std::string& b,
            const std::string& out) {
    Message node;
    graph_.bytes(1, node.text(1, a).text(1, b).text(2, out).text(4, type).view());
  }
  void norm(const std::string& name, const FloatNorm& norm) {
    tensor(name + ".weight", {norm.gain.size()}, norm.gain);
    tensor(name + ".bias", {norm.bias.size()}, norm.bias);
  }
  /// One of some linear layers side by side, its matrix transposed under a name without meaning.
  void linear(const std::string& name, const FloatLinear& linear, size_t part = 0,
              size_t parts = 1) {
    const size_t rows = linear.rows / parts;
    const size_t columns = linear.columns;
    std::vector<float> turned(rows * columns);
    for (size_t n = 0; n < rows; ++n) {
      for (size_t k = 0; k < columns; ++k) {
        turned[k * rows + n] = linear.weights[(part * rows + n) * columns + k];
      }
    }
    const auto bias = linear.bias.begin() + static_cast<ptrdiff_t>(part * rows);
    const std::string matrix = "onnx::MatMul_" + std::to_string(++matrices_);
    tensor(matrix, {columns, rows}, turned);
    tensor(name + ".bias", {rows}, {bias, bias + static_cast<ptrdiff_t>(rows)});
    node("MatMul", name + "/in", matrix, name + "/product");
    node("Add", name + ".bias", name + "/product", name + "/out");
  }
  Bytes bytes() const {
    Message model;
    model.varint(1, 6).text(2, "pytorch").bytes(7, graph_.view()).varint(5, 1);
    return Bytes(model.view().begin(), model.view().end());
  }

 private:
  Message graph_;
  int matrices_ = 0;
};

OnnxWriter writeModel(const FloatModel& model) {
  const EncoderConfig& config = model.config;
  OnnxWriter out;
  out.tensor("embeddings.word_embeddings.weight", {config.vocabulary, config.hidden}, model.word);
  out.tensor("embeddings.position_embeddings.weight", {config.positions, config.hidden},
             model.position);
  out.tensor("embeddings.token_type_embeddings.weight", {config.tokenTypes, config.hidden},
             model.tokenType);
  out.norm("embeddings.LayerNorm", model.embeddingNorm);
  for (size_t i = 0; i < model.layers.size(); ++i) {
    const std::string name = "encoder.layer." + std::to_string(i) + ".";
    const FloatLayer& layer = model.layers[i];
    out.linear(name + "attention.self.query", layer.qkv, 0, 3);
    out.linear(name + "attention.self.key", layer.qkv, 1, 3);
    out.linear(name + "attention.self.value", layer.qkv, 2, 3);
    out.linear(name + "attention.output.dense", layer.attentionOut);
    out.norm(name + "attention.output.LayerNorm", layer.attentionNorm);
    out.linear(name + "intermediate.dense", layer.up);
    out.linear(name + "output.dense", layer.down);
    out.norm(name + "output.LayerNorm", layer.outputNorm);
  }
  return out;
}

const ModelOptions kOptions = {.heads = 2, .maxTokens = 40};

TEST(EncoderOnnxTest, ReadsAModel) {
  const FloatModel model = ModelMaker(1).model(smallConfig());
  const Result<FloatModel> read = readBertModel(writeModel(model).bytes(), kOptions);
  ASSERT_TRUE(read.ok()) << read.status().message();
  EXPECT_EQ(read->config, model.config);
  EXPECT_EQ(read->word, model.word);
  for (size_t i = 0; i < model.layers.size(); ++i) {
    EXPECT_EQ(read->layers[i].qkv.weights, model.layers[i].qkv.weights);
    EXPECT_EQ(read->layers[i].qkv.bias, model.layers[i].qkv.bias);
    EXPECT_EQ(read->layers[i].up.weights, model.layers[i].up.weights);
    EXPECT_EQ(read->layers[i].down.weights, model.layers[i].down.weights);
    EXPECT_EQ(read->layers[i].outputNorm.gain, model.layers[i].outputNorm.gain);
  }
}

TEST(EncoderOnnxTest, NamesWhatIsMissingOrQuantized) {
  OnnxWriter writer;
  writer.tensor("embeddings.word_embeddings.weight", {50, 32}, std::vector<float>(50 * 8), 3);
  const Status status = readBertModel(writer.bytes(), kOptions).status();
  EXPECT_EQ(status.code(), StatusCode::InvalidArgument);
}

TEST(EncoderOnnxTest, RefusesTensorsThatLie) {
  const auto refused = [](std::vector<uint64_t> shape, size_t floats) {
    OnnxWriter writer;
    writer.tensor("lying", std::move(shape), std::vector<float>(floats));
    const Status status = readOnnxWeights(writer.bytes()).status();
    return status.message().find("lying") != std::string::npos;
  };
  EXPECT_FALSE(refused({4, 3}, 12));
  EXPECT_FALSE(refused({0, 3}, 0));
  EXPECT_TRUE(refused({4, 3}, 11));
  EXPECT_TRUE(refused({4, 3}, 13));
  EXPECT_TRUE(refused({1ull << 62, 1ull << 62}, 12));
  EXPECT_TRUE(refused({~0ull, 2}, 12));
  EXPECT_TRUE(refused({0, 3}, 1));
}

TEST(EncoderOnnxTest, EveryTruncationIsRefused) {
  const Bytes file = writeModel(ModelMaker(2).model(smallConfig())).bytes();
  // The last field is of two bytes and says nothing of weights.
  for (size_t size = 0; size < file.size() - 2; size += size < 2000 ? 1 : 61) {
    ASSERT_FALSE(readBertModel(ByteView(file).first(size), kOptions).ok()) << size;
  }
}

TEST(EncoderOnnxTest, AnyBytesGiveAModelOrAStatus) {
  const Bytes file = writeModel(ModelMaker(3).model(smallConfig())).bytes();
  std::mt19937 random(4);
  for (int i = 0; i < 500; ++i) {
    Bytes broken = file;
    for (int flips = 0; flips < 3; ++flips) {
      broken[random() % broken.size()] ^= static_cast<uint8_t>(1u << random() % 8);
    }
    const Result<FloatModel> read = readBertModel(broken, kOptions);
    EXPECT_EQ(read.ok(), read.status().message().empty());
  }
}

}  // namespace
}  // namespace pagevec
