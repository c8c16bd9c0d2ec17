// Any bytes as a model file, as they come and with sound checksums over them; what opens must encode.
// The same bytes as a safetensors file.
#include <cstdlib>
#include <cstring>
#include <vector>

#include "base/crc32c.h"
#include "encoder/convert/bert_model.h"
#include "encoder/encoder.h"
#include "encoder/model_header.h"

using namespace pagevec;

namespace {

/// Writes the checksums that the header and its sections should have.
void seal(Bytes& file) {
  uint16_t sections = 0;
  if (file.size() < 64) return;
  std::memcpy(&sections, file.data() + 6, 2);
  const size_t end = modelHeaderBytes(sections);
  if (file.size() < end) return;
  for (size_t i = 0; i < sections; ++i) {
    uint8_t* entry = file.data() + 64 + i * 24;
    uint64_t offset = 0;
    uint64_t bytes = 0;
    std::memcpy(&offset, entry + 8, 8);
    std::memcpy(&bytes, entry + 16, 8);
    if (offset > file.size() || bytes > file.size() - offset) continue;
    const size_t padded = std::min<size_t>(alignUp(bytes, kSectionAlignment), file.size() - offset);
    const uint32_t checksum = crc32c(ByteView(file).subspan(offset, padded));
    std::memcpy(entry + 4, &checksum, 4);
  }
  const uint32_t checksum = crc32c(ByteView(file).first(end - 4));
  std::memcpy(file.data() + end - 4, &checksum, 4);
}

void encodeSome(Bytes file, const EncoderKernels& kernels) {
  Result<std::unique_ptr<Encoder>> encoder = Encoder::open(std::move(file), kernels);
  if (!encoder.ok()) {
    if (encoder.status().message().empty()) std::abort();
    return;
  }
  const EncoderConfig& config = encoder.value()->config();
  std::vector<int32_t> ids(std::min(config.positions, 3u), 0);
  ids.back() = static_cast<int32_t>(config.vocabulary) - 1;
  std::vector<float> out(config.hidden);
  const std::vector<uint32_t> lengths = {static_cast<uint32_t>(ids.size())};
  if (!encoder.value()->encode(ids, lengths, out).ok()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Bytes file(data, data + size);
  (void)readBertModel(file, {.heads = 1, .maxTokens = 1});
  encodeSome(file, activeEncoderKernels());
  seal(file);
  for (const EncoderKernels& kernels : availableEncoderKernels()) encodeSome(file, kernels);
  return 0;
}
