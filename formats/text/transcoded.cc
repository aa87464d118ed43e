#include "formats/text/transcoded.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"

namespace formats {
namespace {

constexpr int64_t kInputBytes = int64_t{64} << 10;
constexpr char32_t kReplacement = 0xfffd;

void AppendUtf8(char32_t c, std::vector<uint8_t>* out) {
  const auto tail = [&](int shift) {
    out->push_back(static_cast<uint8_t>(0x80 | ((c >> shift) & 0x3f)));
  };
  if (c < 0x80) {
    out->push_back(static_cast<uint8_t>(c));
  } else if (c < 0x800) {
    out->push_back(static_cast<uint8_t>(0xc0 | (c >> 6)));
    tail(0);
  } else if (c < 0x10000) {
    out->push_back(static_cast<uint8_t>(0xe0 | (c >> 12)));
    tail(6);
    tail(0);
  } else {
    out->push_back(static_cast<uint8_t>(0xf0 | (c >> 18)));
    tail(12);
    tail(6);
    tail(0);
  }
}

// The bytes that were looked at, then the rest.
class Rejoined final : public ByteSource {
 public:
  Rejoined(std::vector<uint8_t> first, std::unique_ptr<ByteSource> rest)
      : first_(std::move(first)), rest_(std::move(rest)) {}

  arrow::Result<int64_t> Read(int64_t bytes, uint8_t* out) override {
    if (used_ == first_.size()) return rest_->Read(bytes, out);
    const size_t count = std::min(static_cast<size_t>(bytes), first_.size() - used_);
    std::memcpy(out, first_.data() + used_, count);
    used_ += count;
    return static_cast<int64_t>(count);
  }

 private:
  const std::vector<uint8_t> first_;
  size_t used_ = 0;
  const std::unique_ptr<ByteSource> rest_;
};

class Converted : public ByteSource {
 public:
  explicit Converted(std::unique_ptr<ByteSource> text) : text_(std::move(text)) {}

  arrow::Result<int64_t> Read(int64_t bytes, uint8_t* out) override {
    while (used_ == output_.size()) {
      output_.clear();
      used_ = 0;
      input_.resize(kInputBytes);
      ARROW_ASSIGN_OR_RAISE(const int64_t got, text_->Read(kInputBytes, input_.data()));
      input_.resize(static_cast<size_t>(got));
      Convert(input_, /*is_end=*/got == 0, &output_);
      if (got == 0 && output_.empty()) return 0;
    }
    const size_t count = std::min(static_cast<size_t>(bytes), output_.size() - used_);
    std::memcpy(out, output_.data() + used_, count);
    used_ += count;
    return static_cast<int64_t>(count);
  }

 protected:
  virtual void Convert(const std::vector<uint8_t>& input, bool is_end,
                       std::vector<uint8_t>* output) = 0;

 private:
  const std::unique_ptr<ByteSource> text_;
  std::vector<uint8_t> input_;
  std::vector<uint8_t> output_;
  size_t used_ = 0;
};

class Latin1 final : public Converted {
 public:
  using Converted::Converted;

 private:
  void Convert(const std::vector<uint8_t>& input, bool, std::vector<uint8_t>* output) override {
    for (const uint8_t byte : input) AppendUtf8(byte, output);
  }
};

class Utf16 final : public Converted {
 public:
  Utf16(std::unique_ptr<ByteSource> text, bool big_endian)
      : Converted(std::move(text)), big_endian_(big_endian) {}

 private:
  void Convert(const std::vector<uint8_t>& input, bool is_end,
               std::vector<uint8_t>* output) override {
    for (const uint8_t byte : input) {
      if (!has_byte_) {
        byte_ = byte;
        has_byte_ = true;
        continue;
      }
      has_byte_ = false;
      Add(big_endian_ ? static_cast<char16_t>(byte_ << 8 | byte)
                      : static_cast<char16_t>(byte << 8 | byte_),
          output);
    }
    if (!is_end) return;
    if (high_ != 0) AppendUtf8(kReplacement, output);
    if (has_byte_) AppendUtf8(kReplacement, output);
    high_ = 0;
    has_byte_ = false;
  }

  void Add(char16_t unit, std::vector<uint8_t>* output) {
    const bool is_low = unit >= 0xdc00 && unit < 0xe000;
    if (high_ != 0) {
      const char32_t high = std::exchange(high_, 0);
      if (is_low) {
        AppendUtf8(0x10000 + ((high - 0xd800) << 10) + (unit - 0xdc00), output);
        return;
      }
      AppendUtf8(kReplacement, output);
    }
    if (unit >= 0xd800 && unit < 0xdc00) {
      high_ = unit;
    } else {
      AppendUtf8(is_low ? kReplacement : unit, output);
    }
  }

  const bool big_endian_;
  uint8_t byte_ = 0;
  bool has_byte_ = false;
  char32_t high_ = 0;
};

bool BeginsWith(const std::vector<uint8_t>& bytes, std::initializer_list<uint8_t> mark) {
  return bytes.size() >= mark.size() && std::equal(mark.begin(), mark.end(), bytes.begin());
}

}  // namespace

arrow::Result<std::unique_ptr<ByteSource>> InUtf8(Encoding encoding,
                                                  std::unique_ptr<ByteSource> text) {
  constexpr size_t kLongestMark = 3;
  std::vector<uint8_t> first(kLongestMark);
  size_t count = 0;
  while (count < kLongestMark) {
    ARROW_ASSIGN_OR_RAISE(const int64_t got, text->Read(static_cast<int64_t>(kLongestMark - count),
                                                        first.data() + count));
    if (got == 0) break;
    count += static_cast<size_t>(got);
  }
  first.resize(count);
  const bool little = encoding != Encoding::kLatin1 && BeginsWith(first, {0xff, 0xfe});
  const bool big = encoding != Encoding::kLatin1 && BeginsWith(first, {0xfe, 0xff});
  if (BeginsWith(first, {0xef, 0xbb, 0xbf})) {
    encoding = Encoding::kUtf8;
    first.clear();
  } else if (little || big) {
    encoding = Encoding::kUtf16;
    first.erase(first.begin(), first.begin() + 2);
  }
  auto rejoined = std::make_unique<Rejoined>(std::move(first), std::move(text));
  if (encoding == Encoding::kUtf16) return std::make_unique<Utf16>(std::move(rejoined), big);
  if (encoding == Encoding::kLatin1) return std::make_unique<Latin1>(std::move(rejoined));
  return rejoined;
}

}  // namespace formats
