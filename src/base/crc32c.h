#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace pagevec {

/// CRC-32C (Castagnoli, polynomial 0x1EDC6F41 reflected; RFC 3720 appendix B.4: "123456789" gives
/// 0xE3069283). Pass the previous result as seed to continue over the next bytes.
uint32_t crc32c(ByteView bytes, uint32_t seed = 0);

}  // namespace pagevec
