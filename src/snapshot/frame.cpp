#include "snapshot/frame.h"

#include <string>

#include "base/crc32c.h"

namespace pagevec {
namespace {

constexpr size_t kPrologueBytes = 8;  // magic, version, header length: fixed in every version
constexpr size_t kLengthOffset = kFrameFieldsOffset + kFrameFieldsBytes;
constexpr size_t kPayloadChecksumOffset = kLengthOffset + 8;
constexpr size_t kHeaderChecksumOffset = kPayloadChecksumOffset + 4;
static_assert(kHeaderChecksumOffset + 4 == kFrameHeaderBytes);
static_assert(kLengthOffset + kFrameSealBytes == kFrameHeaderBytes);

Status corrupt(const char* name, const std::string& problem) {
  return Status(StatusCode::Corrupt, std::string(name) + ": " + problem);
}

uint32_t checksumAt(ByteView bytes, size_t offset) {
  return ByteReader(bytes.subspan(offset)).number<uint32_t>();
}

// A later version may have a longer header, but its checksum is the header's last four bytes too:
// so a damaged version number is told from a real one.
Status checkHeader(ByteView bytes, FrameMagic magic, const char* name) {
  ByteReader prologue(bytes);
  const auto found = prologue.number<uint32_t>();
  const auto version = prologue.number<uint16_t>();
  const size_t headerBytes = prologue.number<uint16_t>();
  if (!prologue.ok() || found != static_cast<uint32_t>(magic)) {
    return corrupt(name, "the magic number is missing");
  }
  if (headerBytes < kPrologueBytes + 4 || headerBytes > bytes.size()) {
    return corrupt(name, "the header is cut off");
  }
  if (crc32c(bytes.first(headerBytes - 4)) != checksumAt(bytes, headerBytes - 4)) {
    return corrupt(name, "the header fails its checksum");
  }
  if (version > kFormatVersion) {
    return Status(StatusCode::FormatTooNew,
                  std::string(name) + " has format version " + std::to_string(version) +
                      ", this build reads up to " + std::to_string(kFormatVersion) +
                      "; load it with a newer pagevec");
  }
  if (version < kFirstVersion || headerBytes != kFrameHeaderBytes) {
    return corrupt(name, "version " + std::to_string(version) + " has no header of " +
                             std::to_string(headerBytes) + " bytes");
  }
  return {};
}

}  // namespace

void beginHeader(ByteWriter& out, FrameMagic magic, uint16_t version) {
  out.number(static_cast<uint32_t>(magic));
  out.number(version);
  out.number(static_cast<uint16_t>(kFrameHeaderBytes));
}

void endHeader(ByteWriter& out) { out.raw(Bytes(kFrameSealBytes)); }

Bytes sealFrame(ByteWriter& out) {
  const ByteView payload = out.view().subspan(kFrameHeaderBytes);
  return sealHeader(out, payload.size(), crc32c(payload));
}

Bytes sealHeader(ByteWriter& out, uint64_t payloadBytes, uint32_t payloadChecksum) {
  out.patch(kLengthOffset, payloadBytes);
  out.patch(kPayloadChecksumOffset, payloadChecksum);
  out.patch(kHeaderChecksumOffset, crc32c(out.view().first(kHeaderChecksumOffset)));
  return out.take();
}

uint32_t payloadChecksum(ByteView frame) { return checksumAt(frame, kPayloadChecksumOffset); }

FrameMagic frameMagic(ByteView frame) {
  return static_cast<FrameMagic>(ByteReader(frame).number<uint32_t>());
}

Result<uint64_t> frameLength(ByteView head) {
  if (head.size() < kPrologueBytes) return 0;
  const FrameMagic magic = frameMagic(head);
  const bool known = magic == FrameMagic::JournalRecord || magic == FrameMagic::SnapshotPart ||
                     magic == FrameMagic::Archive;
  if (known && ByteReader(head.subspan(6)).number<uint16_t>() > head.size()) return 0;
  const FrameMagic expected = known ? magic : FrameMagic::Archive;
  if (Status status = checkHeader(head, expected, "block"); !status.ok()) return status;
  const auto payload = ByteReader(head.subspan(kLengthOffset)).number<uint64_t>();
  if (payload <= kMaxPayloadBytes) return kFrameHeaderBytes + payload;
  return Status(StatusCode::LimitExceeded,
                "a block of " + std::to_string(payload) + " bytes is more than any build can read");
}

bool isSoundFrame(ByteView bytes) {
  for (const FrameMagic magic : {FrameMagic::JournalRecord, FrameMagic::SnapshotPart}) {
    const StatusCode code = openFrame(bytes, magic, "block").status().code();
    if (code == StatusCode::Ok || code == StatusCode::FormatTooNew) return true;
  }
  return false;
}

Result<Frame> openFrame(ByteView bytes, FrameMagic magic, const char* name) {
  if (Status status = checkHeader(bytes, magic, name); !status.ok()) return status;
  const ByteView payload = bytes.subspan(kFrameHeaderBytes);
  const uint64_t length = ByteReader(bytes.subspan(kLengthOffset)).number<uint64_t>();
  if (length != payload.size()) {
    return corrupt(name, "the payload has " + std::to_string(payload.size()) + " of " +
                             std::to_string(length) + " bytes");
  }
  const uint32_t checksum = checksumAt(bytes, kPayloadChecksumOffset);
  if (crc32c(payload) != checksum) {
    return corrupt(name, "the payload fails its checksum");
  }
  return Frame{ByteReader(bytes.subspan(kFrameFieldsOffset, kFrameFieldsBytes)), payload,
               ByteReader(bytes.subspan(4)).number<uint16_t>(), checksum,
               checksumAt(bytes, kHeaderChecksumOffset)};
}

}  // namespace pagevec
