#include "source/footers.h"

#include <algorithm>
#include <utility>

#include "arrow/buffer.h"
#include "base/error.h"

namespace source {
namespace {

// Footers of one table differ by a few digits of their statistics.
constexpr int64_t kSlackBytes = 512;

arrow::Result<std::shared_ptr<arrow::Buffer>> GetTail(s3::ObjectStore& store,
                                                      const s3::ObjectInfo& object, int64_t bytes,
                                                      const std::stop_token& stop) {
  return store.Get({.key = object.key,
                    .range = {.offset = object.size_bytes - bytes, .length = bytes},
                    .if_match = object.etag,
                    .whole = bytes == object.size_bytes},
                   stop);
}

arrow::Result<Footer> FetchFooterOf(s3::ObjectStore& store, const s3::ObjectInfo& object,
                                    FooterGuess& guess, int64_t whole_bytes,
                                    const std::stop_token& stop) {
  const bool whole = object.size_bytes <= whole_bytes;
  auto tail = std::make_shared<arrow::Buffer>(nullptr, 0);
  const int64_t first = whole ? object.size_bytes : std::min(object.size_bytes, guess.bytes());
  if (first > 0) {
    ARROW_ASSIGN_OR_RAISE(tail, GetTail(store, object, first, stop));
  }
  ARROW_ASSIGN_OR_RAISE(const int64_t bytes, formats::FooterBytes(*tail, object.size_bytes));
  if (bytes > tail->size()) {
    ARROW_ASSIGN_OR_RAISE(tail, GetTail(store, object, bytes, stop));
  }
  guess.Learn(bytes);
  Footer footer;
  ARROW_ASSIGN_OR_RAISE(footer.file, formats::ParquetFile::Make(*tail, object.size_bytes));
  if (whole) footer.content = std::move(tail);
  return footer;
}

}  // namespace

void FooterGuess::Learn(int64_t footer_bytes) {
  const int64_t wanted = footer_bytes + kSlackBytes;
  if (!learnt_.exchange(true)) {
    bytes_ = wanted;
    return;
  }
  int64_t current = bytes_;
  while (wanted > current && !bytes_.compare_exchange_weak(current, wanted)) {
  }
}

arrow::Result<Footer> FetchFooter(s3::ObjectStore& store, Generation& generation,
                                  FooterGuess& guess, int64_t whole_bytes,
                                  const std::stop_token& stop) {
  for (;;) {
    auto footer = FetchFooterOf(store, generation.info(), guess, whole_bytes, stop);
    if (footer.ok() || base::KindOf(footer.status()) != base::ErrorKind::kChanged) return footer;
    ARROW_RETURN_NOT_OK(Renew(store, generation, stop));
  }
}

}  // namespace source
