#include "encoder/model_header.h"

#include <algorithm>
#include <string>

#include "base/crc32c.h"

namespace pagevec {
namespace {

constexpr uint32_t kMagic = 0x4D565650;  // "PVVM"
constexpr size_t kFixedBytes = 16 + 12 * 4;
constexpr size_t kEntryBytes = 24;
constexpr uint32_t kNormalize = 1;
constexpr uint32_t kLowercase = 2;
constexpr uint16_t kMaxSections = 128;

Status corrupt(const std::string& what) {
  return {StatusCode::Corrupt, "the model file is damaged: " + what + "; download it again"};
}

void writeConfig(ByteWriter& out, const EncoderConfig& config) {
  for (const uint32_t value :
       {config.layers, config.hidden, config.heads, config.intermediate, config.vocabulary,
        config.positions, config.tokenTypes, config.maxTokens}) {
    out.number(value);
  }
  out.number(static_cast<uint32_t>(config.pooling));
  out.number((config.normalize ? kNormalize : 0) | (config.lowercase ? kLowercase : 0));
  out.number(config.layerNormEpsilon);
  out.number(config.labels);
}

EncoderConfig readConfig(ByteReader& in) {
  EncoderConfig config;
  for (uint32_t* value :
       {&config.layers, &config.hidden, &config.heads, &config.intermediate, &config.vocabulary,
        &config.positions, &config.tokenTypes, &config.maxTokens}) {
    *value = in.number<uint32_t>();
  }
  config.pooling = static_cast<Pooling>(in.number<uint32_t>());
  const uint32_t flags = in.number<uint32_t>();
  config.normalize = flags & kNormalize;
  config.lowercase = flags & kLowercase;
  config.layerNormEpsilon = in.number<float>();
  config.labels = in.number<uint32_t>();
  return config;
}

Status checkSections(const ModelHeader& header) {
  uint64_t end = modelHeaderBytes(header.sections.size());
  for (const SectionEntry& section : header.sections) {
    if (section.offset != end || section.bytes > header.fileBytes - end) {
      return corrupt("its sections do not follow one another");
    }
    end = alignUp(section.offset + section.bytes, kSectionAlignment);
    if (end > header.fileBytes) return corrupt("a section ends past the file");
  }
  return end == header.fileBytes ? Status() : corrupt("bytes follow the last section");
}

}  // namespace

size_t modelHeaderBytes(size_t sections) {
  return alignUp(kFixedBytes + sections * kEntryBytes + 4, kSectionAlignment);
}

Bytes encodeModelHeader(const ModelHeader& header) {
  ByteWriter out;
  out.number(kMagic);
  out.number(kModelFormatVersion);
  out.number(static_cast<uint16_t>(header.sections.size()));
  out.number(header.fileBytes);
  writeConfig(out, header.config);
  for (const SectionEntry& section : header.sections) {
    out.number(static_cast<uint32_t>(section.kind));
    out.number(section.checksum);
    out.number(section.offset);
    out.number(section.bytes);
  }
  // The checksum is the header's last four bytes, so that it covers the padding too.
  const Bytes padding(modelHeaderBytes(header.sections.size()) - out.size() - 4);
  out.raw(padding);
  out.number(crc32c(out.view()));
  return out.take();
}

Result<ModelHeader> decodeModelHeader(ByteView file) {
  ByteReader in(file);
  const auto magic = in.number<uint32_t>();
  const auto version = in.number<uint16_t>();
  const auto sections = in.number<uint16_t>();
  if (!in.ok() || magic != kMagic) {
    return Status(StatusCode::Corrupt, "this is no .pvm model file");
  }
  const size_t headerBytes = modelHeaderBytes(sections);
  if (sections > kMaxSections || file.size() < headerBytes) return corrupt("its header is cut");
  uint32_t checksum;
  std::memcpy(&checksum, file.data() + headerBytes - 4, 4);
  if (checksum != crc32c(file.first(headerBytes - 4))) return corrupt("its header's checksum");
  if (version != kModelFormatVersion) {
    return Status(StatusCode::FormatTooNew, "the model file has format version " +
                                                std::to_string(version) + "; this pagevec reads " +
                                                std::to_string(kModelFormatVersion));
  }
  ModelHeader header;
  header.fileBytes = in.number<uint64_t>();
  if (header.fileBytes != file.size()) return corrupt("it has another length than its header says");
  header.config = readConfig(in);
  for (uint16_t i = 0; i < sections; ++i) {
    const auto kind = static_cast<ModelSection>(in.number<uint32_t>());
    const auto sectionChecksum = in.number<uint32_t>();
    const auto offset = in.number<uint64_t>();
    header.sections.push_back({kind, sectionChecksum, offset, in.number<uint64_t>()});
  }
  const Status status = checkSections(header);
  if (!status.ok()) return status;
  return header;
}

}  // namespace pagevec
