#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace pagevec {

/// Every way a core call can fail. The numbers cross the wasm boundary and index STATUS_CODES in
/// js/src/errors.ts; a test compares the two lists, so append only.
enum class StatusCode : uint8_t {
  Ok = 0,
  InvalidArgument = 1,    ///< a value the caller can fix: an empty id, a bad option
  DimensionMismatch = 2,  ///< a vector's length differs from the collection's dimension
  NotFinite = 3,          ///< a vector holds NaN or an infinity
  DuplicateId = 4,        ///< one id twice in one batch
  Corrupt = 5,            ///< stored bytes fail a checksum or a structural check
  FormatTooNew = 6,       ///< stored bytes were written by a newer format version
  LimitExceeded = 7,      ///< more rows, bytes or nesting than the format or a 32-bit heap holds
};

/// The name used in messages and as PagevecError.code, e.g. "dimension_mismatch". Never null.
const char* statusName(StatusCode code);

/// The outcome of a call that returns nothing. Messages say what, which value and what to do.
class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(StatusCode code, std::string message) : code_(code), message_(std::move(message)) {}

  bool ok() const { return code_ == StatusCode::Ok; }
  StatusCode code() const { return code_; }
  const std::string& message() const { return message_; }

 private:
  StatusCode code_ = StatusCode::Ok;
  std::string message_;
};

/// A value, or the Status that says why there is none.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}  // NOLINT: implicit on purpose, for `return value;`
  Result(Status status)
      : status_(std::move(status)) {}  // NOLINT: implicit on purpose, for `return status;`

  bool ok() const { return value_.has_value(); }
  const Status& status() const { return status_; }
  T& value() { return *value_; }
  const T& value() const { return *value_; }
  T* operator->() { return &*value_; }
  const T* operator->() const { return &*value_; }

 private:
  std::optional<T> value_;
  Status status_;
};

}  // namespace pagevec
