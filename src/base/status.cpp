#include "base/status.h"

namespace pagevec {

const char* statusName(StatusCode code) {
  switch (code) {
    case StatusCode::Ok: return "ok";
    case StatusCode::InvalidArgument: return "invalid_argument";
    case StatusCode::DimensionMismatch: return "dimension_mismatch";
    case StatusCode::NotFinite: return "not_finite";
    case StatusCode::DuplicateId: return "duplicate_id";
    case StatusCode::Corrupt: return "corrupt";
    case StatusCode::FormatTooNew: return "format_too_new";
    case StatusCode::LimitExceeded: return "limit_exceeded";
  }
  return "unknown";
}

}  // namespace pagevec
