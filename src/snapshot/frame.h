#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/status.h"

namespace pagevec {

/// The frame around every stored block (docs/snapshot-format.md): a header that ends in its own
/// CRC-32C, then the payload, whose length and CRC-32C the header holds. Every byte is covered.

constexpr uint16_t kFormatVersion = 4;  ///< the latest that this build reads and writes
/// A block says the least version that has what it holds, so that older builds read what they can.
constexpr uint16_t kFirstVersion = 1;
constexpr size_t kFrameHeaderBytes = 56;
constexpr size_t kFrameFieldsOffset = 8;  ///< where the block's own 32 bytes of fields begin
constexpr size_t kFrameFieldsBytes = 32;
constexpr uint64_t kMaxPayloadBytes = uint64_t{1} << 32;
constexpr size_t kFrameSealBytes = 16;  ///< payload length, payload CRC, header CRC

enum class FrameMagic : uint32_t {
  JournalRecord = 0x524A5650,  ///< "PVJR"
  SnapshotPart = 0x50535650,   ///< "PVSP"
  Archive = 0x52415650,        ///< "PVAR"
};

/// Writes magic, version and header length. Next: kFrameFieldsBytes of fields, then endHeader().
void beginHeader(ByteWriter& out, FrameMagic magic, uint16_t version = kFirstVersion);
void endHeader(ByteWriter& out);

/// Fills in length and checksums once the payload is written, and gives the bytes.
Bytes sealFrame(ByteWriter& out);
/// Of a payload that is elsewhere: the header alone.
Bytes sealHeader(ByteWriter& out, uint64_t payloadBytes, uint32_t payloadChecksum);

/// A frame whose checksums hold. The views refer to the bytes it was opened from.
struct Frame {
  ByteReader fields;  ///< the block's own fields
  ByteView payload;
  uint16_t version;
  uint32_t payloadChecksum;
  uint32_t headerChecksum;  ///< covers the payload too, through the payload's checksum
};

/// Whether the bytes are what was written: one frame, of any magic, with both checksums right. Of a later
/// version only the header can be checked.
bool isSoundFrame(ByteView bytes);

/// How long the frame is that begins with these bytes, header included. 0: it takes more of them to tell.
/// Corrupt for what is no sound header of any magic, FormatTooNew for one of a later version,
/// LimitExceeded above kMaxPayloadBytes.
Result<uint64_t> frameLength(ByteView head);

/// Of the payload, as a whole frame's header has it.
uint32_t payloadChecksum(ByteView frame);

/// The first four bytes, which may be no magic at all.
FrameMagic frameMagic(ByteView frame);

/// Corrupt unless the bytes are exactly one frame of this magic with both checksums right;
/// FormatTooNew for a sound header of a later version. name is used in messages: "journal record".
Result<Frame> openFrame(ByteView bytes, FrameMagic magic, const char* name);

}  // namespace pagevec
