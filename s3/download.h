// The body of one Get, over several attempts.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "arrow/buffer.h"
#include "arrow/status.h"
#include "s3/checksum/checksum.h"
#include "s3/http/http_client.h"
#include "s3/object_store.h"

namespace s3 {

/// Says what each attempt asks for, where its body goes and whether it is right. Used by one
/// thread.
class Download {
 public:
  /// Both must outlive it; `buffer` has the size of the range.
  Download(const GetRequest& request, arrow::Buffer& buffer)
      : request_(request), buffer_(buffer), rest_(request.range) {}

  /// What the next attempt asks for. A body that broke off is asked for from there on.
  void Ask(HttpRequest& attempt);

  /// Where the body of an answer with this head belongs; nowhere when the head is wrong.
  std::span<uint8_t> Place(const HttpHead& head);

  /// Of a body that is complete.
  [[nodiscard]] arrow::Status Accept();

  /// Whether the next attempt goes on where the last one stopped: only in the same generation of
  /// the object.
  bool progressed() const;

  /// On the head of the last answer.
  const arrow::Status& verdict() const { return verdict_; }

  /// How much of the body the last attempt placed; for HttpRequest::placed_bytes.
  int64_t placed_bytes = 0;

 private:
  const GetRequest& request_;
  arrow::Buffer& buffer_;
  /// What was still missing before the last attempt.
  ByteRange rest_;
  bool resumable_ = false;
  /// A whole content was wrong, so the connections that are open are not trusted any more.
  bool damaged_ = false;
  arrow::Status verdict_;
  std::optional<Checksum> checksum_;
};

}  // namespace s3
