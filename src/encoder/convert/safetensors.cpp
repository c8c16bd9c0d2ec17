#include "encoder/convert/safetensors.h"

#include <nlohmann/json.hpp>

namespace pagevec {
namespace {

using nlohmann::json;

Status invalid(const std::string& what) {
  return {StatusCode::InvalidArgument, "the safetensors file " + what};
}

/// Whether value is an array of count (0: any) numbers of at least 0, which go to out.
bool readNumbers(const json& value, size_t count, std::vector<uint64_t>& out) {
  if (!value.is_array() || (count != 0 && value.size() != count)) return false;
  for (const json& number : value) {
    if (!number.is_number_unsigned()) return false;
    out.push_back(number.get<uint64_t>());
  }
  return true;
}

/// false when the entry is wrong; an empty tensor when it is of another type.
bool readTensor(const json& entry, ByteView data, Tensor& out) {
  if (!entry.is_object() || !entry.contains("dtype") || !entry["dtype"].is_string()) return false;
  if (!entry.contains("shape") || !entry.contains("data_offsets")) return false;
  std::vector<uint64_t> offsets;
  if (!readNumbers(entry["data_offsets"], 2, offsets)) return false;
  if (!readNumbers(entry["shape"], 0, out.shape)) return false;
  if (offsets[0] > offsets[1] || offsets[1] > data.size()) return false;
  if (entry["dtype"].get<std::string>() != "F32") return true;
  uint64_t bytes = sizeof(float);
  for (const uint64_t size : out.shape) {
    if (size != 0 && bytes > data.size() / size) return false;
    bytes *= size;
  }
  out.bytes = data.subspan(offsets[0], offsets[1] - offsets[0]);
  return bytes == out.bytes.size();
}

}  // namespace

Result<TensorMap> readSafetensors(ByteView file) {
  ByteReader in(file);
  const auto headerBytes = in.number<uint64_t>();
  if (!in.ok() || headerBytes > in.remaining()) return invalid("is cut within its header");
  const ByteView text = in.raw(headerBytes);
  const json header = json::parse(text.begin(), text.end(), nullptr, false);
  if (!header.is_object()) return invalid("has no JSON object as its header");
  const ByteView data = in.raw(in.remaining());
  TensorMap tensors;
  for (const auto& [name, entry] : header.items()) {
    if (name == "__metadata__") continue;
    Tensor tensor;
    if (!readTensor(entry, data, tensor)) return invalid("describes " + name + " wrongly");
    if (!tensor.bytes.empty()) tensors.emplace(name, std::move(tensor));
  }
  return tensors;
}

}  // namespace pagevec
