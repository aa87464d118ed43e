// The content of one Get, which may take several attempts.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "arrow/buffer.h"
#include "arrow/status.h"
#include "s3/checksum/checksum.h"
#include "s3/http/http_message.h"
#include "s3/object_store.h"

namespace s3 {

/// A state machine. Every attempt goes from Begin over PlaceBody (if there is a response) to End:
///
///   Begin       any state   -> requested   what is missing after kBrokenOff, else what it asked
///   for PlaceBody   requested   -> receiving   the head announces the requested bytes
///                           -> wrong head  it does not
///   End         receiving   -> complete    all bytes arrived, and the checksum (if any) is right
///                           -> requested   the checksum is wrong: all is requested again
///                           -> broken off  a part arrived, and the rest can be requested
///
/// An attempt that fails otherwise leaves `requested`. Used by one thread.
class Download {
 public:
  /// Both must outlive it. `buffer` has the size of the range.
  Download(const GetRequest& request, arrow::Buffer& buffer)
      : request_(request), buffer_(buffer), missing_(request.range) {}

  /// Adds to the request of an attempt what it asks for and where its body goes.
  void Begin(HttpRequest& attempt);

  /// Takes the transport's outcome of an attempt with a successful status, or of one without a
  /// complete response. Returns the outcome of the attempt.
  [[nodiscard]] arrow::Status End(const arrow::Status& transport);

  /// Whether the next attempt continues where the last one ended. It does so only within one
  /// content of the object, so only if the Get names an ETag.
  bool broke_off() const { return state_ == State::kBrokenOff; }

 private:
  enum class State { kRequested, kReceiving, kWrongHead, kBrokenOff, kComplete };

  /// The memory for the body of the response; none if the head is wrong.
  std::span<uint8_t> PlaceBody(const HttpHead& head);
  arrow::Status CheckContent();
  /// Whether the attempt asks for the whole object and not for a part of it.
  bool asks_for_whole() const { return request_.whole && missing_ == request_.range; }

  const GetRequest& request_;
  arrow::Buffer& buffer_;
  State state_ = State::kRequested;
  /// What the last attempt asked for.
  ByteRange missing_;
  /// How many bytes of it have arrived.
  int64_t placed_bytes_ = 0;
  bool resumable_ = false;
  /// The whole content was wrong, so connections that are open are not trusted any more.
  bool damaged_ = false;
  /// Why the head was wrong.
  arrow::Status head_failure_;
  std::optional<Checksum> checksum_;
};

/// OK if the head of a successful response announces exactly the bytes of `range`, as far as it
/// says so, of the object with the ETag `if_match` (empty: any). kChanged if the object is another
/// one, else a retryable kTransport.
[[nodiscard]] arrow::Status CheckHead(const HttpHead& head, const ByteRange& range,
                                      std::string_view if_match);

}  // namespace s3
