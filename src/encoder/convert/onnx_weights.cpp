#include "encoder/convert/onnx_weights.h"

#include <optional>
#include <string_view>

namespace pagevec {
namespace {

// Fields of onnx.proto.
constexpr uint32_t kModelGraph = 7;
constexpr uint32_t kGraphNode = 1;
constexpr uint32_t kGraphInitializer = 5;
constexpr uint32_t kNodeInput = 1;
constexpr uint32_t kNodeOutput = 2;
constexpr uint32_t kNodeOperator = 4;
constexpr uint32_t kTensorDims = 1;
constexpr uint32_t kTensorType = 2;
constexpr uint32_t kTensorFloats = 4;
constexpr uint32_t kTensorName = 8;
constexpr uint32_t kTensorRaw = 9;
constexpr uint32_t kTensorLocation = 14;
constexpr uint64_t kFloat = 1;  // TensorProto.DataType.FLOAT

constexpr std::string_view kBias = ".bias";

Status invalid(const std::string& what) {
  return {StatusCode::InvalidArgument, "the ONNX file " + what};
}

/// The wire types of protobuf that a field can have; groups are long gone.
enum class Wire : uint8_t { Varint = 0, Fixed64 = 1, Bytes = 2, Fixed32 = 5 };

struct Field {
  uint32_t number = 0;
  Wire wire = Wire::Varint;
  uint64_t value = 0;  ///< of a Varint
  ByteView bytes;      ///< of all others
};

/// Goes through the fields of a message. What is no field ends it and makes ok() false.
class MessageReader {
 public:
  explicit MessageReader(ByteView bytes) : in_(bytes) {}

  bool next(Field& field) {
    if (!ok_ || in_.remaining() == 0) return false;
    field = {};
    const uint64_t key = varint();
    field.number = static_cast<uint32_t>(key >> 3);
    field.wire = static_cast<Wire>(key & 7);
    switch (field.wire) {
      case Wire::Varint: field.value = varint(); break;
      case Wire::Fixed64: field.bytes = in_.raw(8); break;
      case Wire::Bytes: field.bytes = in_.raw(length()); break;
      case Wire::Fixed32: field.bytes = in_.raw(4); break;
      default: ok_ = false;
    }
    ok_ = ok_ && in_.ok() && key >> 3 >= 1 && key >> 3 < 1u << 29;
    return ok_;
  }
  /// The varints of a packed field.
  bool nextVarint(uint64_t& value) {
    if (!ok_ || in_.remaining() == 0) return false;
    value = varint();
    return ok_ = ok_ && in_.ok();
  }
  bool ok() const { return ok_; }

 private:
  uint64_t varint() {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const uint8_t byte = in_.number<uint8_t>();
      value |= uint64_t{byte & 0x7Fu} << shift;
      if (byte < 0x80) return value;
    }
    ok_ = false;
    return 0;
  }
  /// A length that does not fit size_t is longer than any file.
  size_t length() {
    const uint64_t value = varint();
    if (value <= in_.remaining()) return static_cast<size_t>(value);
    ok_ = false;
    return 0;
  }

  ByteReader in_;
  bool ok_ = true;
};

std::string_view textOf(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

struct Node {
  std::string_view type;
  std::vector<std::string_view> inputs;
  std::vector<std::string_view> outputs;
};

bool readNode(ByteView bytes, Node& node) {
  MessageReader in(bytes);
  for (Field field; in.next(field);) {
    if (field.wire != Wire::Bytes) continue;
    if (field.number == kNodeInput) node.inputs.push_back(textOf(field.bytes));
    if (field.number == kNodeOutput) node.outputs.push_back(textOf(field.bytes));
    if (field.number == kNodeOperator) node.type = textOf(field.bytes);
  }
  return in.ok();
}

struct Initializer {
  std::string_view name;
  uint64_t type = 0;
  bool external = false;
  Tensor tensor;
};

/// dims are written one by one or packed.
bool readDims(const Field& field, std::vector<uint64_t>& shape) {
  if (field.wire == Wire::Varint) shape.push_back(field.value);
  MessageReader packed(field.bytes);
  for (uint64_t size; field.wire == Wire::Bytes && packed.nextVarint(size);) shape.push_back(size);
  return packed.ok();
}

/// Whether the bytes are as many as the shape needs.
bool fits(const Tensor& tensor) {
  uint64_t floats = 1;
  for (const uint64_t size : tensor.shape) {
    if (size == 0 || floats > tensor.bytes.size() / size) return tensor.bytes.empty() && size == 0;
    floats *= size;
  }
  return floats * sizeof(float) == tensor.bytes.size();
}

bool readInitializer(ByteView bytes, Initializer& out) {
  MessageReader in(bytes);
  bool sound = true;
  for (Field field; in.next(field);) {
    const bool isBytes = field.wire == Wire::Bytes;
    switch (field.number) {
      case kTensorDims: sound = sound && readDims(field, out.tensor.shape); break;
      case kTensorType: out.type = field.value; break;
      case kTensorName: out.name = textOf(field.bytes); break;
      case kTensorLocation: out.external = field.value != 0; break;
      case kTensorFloats:
      case kTensorRaw:
        // Floats may be written one by one, which nobody does for weights; or in two ways at once.
        sound = sound && isBytes && out.tensor.bytes.empty();
        out.tensor.bytes = field.bytes;
        break;
      default: break;
    }
  }
  if (!in.ok() || !sound) return false;
  return out.type != kFloat || out.external || fits(out.tensor);
}

/// The graph's nodes and tensors.
struct Graph {
  std::vector<Node> nodes;
  std::map<std::string_view, Tensor> tensors;
};

Status readGraph(ByteView bytes, Graph& graph) {
  MessageReader in(bytes);
  for (Field field; in.next(field);) {
    if (field.number == kGraphNode) {
      if (!readNode(field.bytes, graph.nodes.emplace_back())) return invalid("has a broken node");
    } else if (field.number == kGraphInitializer) {
      Initializer read;
      if (!readInitializer(field.bytes, read)) {
        return invalid("describes the tensor " + std::string(read.name) + " wrongly");
      }
      const bool usable = read.type == kFloat && !read.external && !read.tensor.bytes.empty();
      if (usable) graph.tensors.emplace(read.name, std::move(read.tensor));
    }
  }
  return in.ok() ? Status() : invalid("has a broken graph");
}

/// x.bias when the node adds it to a product; other is then the product's name.
std::optional<std::string_view> addedBias(const Node& node, std::string_view& other) {
  if (node.type != "Add" || node.inputs.size() != 2) return std::nullopt;
  for (size_t i = 0; i < 2; ++i) {
    if (!node.inputs[i].ends_with(kBias)) continue;
    other = node.inputs[1 - i];
    return node.inputs[i];
  }
  return std::nullopt;
}

/// Names the matrices of linear layers after their biases.
void nameMatrices(const Graph& graph, TensorMap& tensors) {
  std::map<std::string_view, std::string_view> matrices;  // a product's name -> its matrix
  for (const Node& node : graph.nodes) {
    if (node.type == "MatMul" && node.inputs.size() == 2 && node.outputs.size() == 1) {
      matrices.emplace(node.outputs[0], node.inputs[1]);
    }
  }
  for (const Node& node : graph.nodes) {
    std::string_view product;
    const auto bias = addedBias(node, product);
    const auto matrix = matrices.find(product);
    if (!bias || matrix == matrices.end()) continue;
    const auto found = graph.tensors.find(matrix->second);
    if (found == graph.tensors.end() || found->second.shape.size() != 2) continue;
    Tensor tensor = found->second;
    std::swap(tensor.shape[0], tensor.shape[1]);
    tensor.transposed = true;
    const std::string_view layer = bias->substr(0, bias->size() - kBias.size());
    tensors.emplace(std::string(layer) + ".weight", std::move(tensor));
  }
}

}  // namespace

bool looksLikeOnnx(ByteView file) {
  // A safetensors file with this first byte has its header's brace as the ninth.
  constexpr uint8_t kIrVersion = 1 << 3;
  return file.size() > 8 && file[0] == kIrVersion && file[8] != '{';
}

Result<TensorMap> readOnnxWeights(ByteView file) {
  Graph graph;
  MessageReader in(file);
  for (Field field; in.next(field);) {
    if (field.number != kModelGraph) continue;
    const Status status = readGraph(field.bytes, graph);
    if (!status.ok()) return status;
  }
  if (!in.ok()) return invalid("is cut or is none");
  TensorMap tensors;
  for (const auto& [name, tensor] : graph.tensors) tensors.emplace(name, tensor);
  nameMatrices(graph, tensors);
  return tensors;
}

}  // namespace pagevec
