// Fetches the footers of objects: one small read from the end, a second one only where a footer is
// longer than those before it.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <stop_token>

#include "arrow/result.h"
#include "formats/parquet_file.h"
#include "s3/object_store.h"
#include "source/generation.h"

namespace source {

/// How many bytes at the end of a table's objects are worth asking for first. Learns from the
/// footers seen. Thread-safe.
class FooterGuess {
 public:
  /// Enough for the footers of objects with some dozens of columns and a few row groups.
  static constexpr int64_t kFirstBytes = 16 * 1024;

  int64_t bytes() const { return bytes_; }
  void Learn(int64_t footer_bytes);

 private:
  std::atomic<int64_t> bytes_ = kFirstBytes;
  std::atomic<bool> learnt_ = false;
};

/// Objects up to this size are worth reading whole instead of their footers alone.
inline constexpr int64_t kTinyObjectBytes = FooterGuess::kFirstBytes;

struct Footer {
  std::shared_ptr<const formats::ParquetFile> file;
  /// All of the object, when it was read whole; else null.
  std::shared_ptr<arrow::Buffer> content;
};

/// Goes on to the object's new content when it has changed. Objects of up to `whole_bytes` are read
/// whole, with one request, and their checksum is checked. Errors are those of the store, of Renew
/// and of formats::ParquetFile.
[[nodiscard]] arrow::Result<Footer> FetchFooter(s3::ObjectStore& store, Generation& generation,
                                                FooterGuess& guess, int64_t whole_bytes,
                                                const std::stop_token& stop);

}  // namespace source
