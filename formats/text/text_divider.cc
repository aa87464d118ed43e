#include "formats/text/text_divider.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "base/error.h"

namespace formats {
namespace {

constexpr auto kPadding = static_cast<int64_t>(kTextPadding);

class Divider final : public TaskDivider {
 public:
  Divider(TextBlocks blocks, MakeBlockReader make_reader)
      : blocks_(std::move(blocks)), make_reader_(std::move(make_reader)) {}

  arrow::Result<TaskPart> Next() override {
    ARROW_ASSIGN_OR_RAISE(TextBlock block, blocks_.Next());
    TaskPart part{.first_row = block.first_row, .rows = block.rows};
    if (block.rows > 0) part.reader = make_reader_(std::move(block));
    return part;
  }

 private:
  TextBlocks blocks_;
  const MakeBlockReader make_reader_;
};

}  // namespace

arrow::Status TextBlocks::Grow(int64_t bytes) {
  if (buffer_ == nullptr) {
    ARROW_ASSIGN_OR_RAISE(buffer_, arrow::AllocateResizableBuffer(bytes + kPadding));
    return arrow::Status::OK();
  }
  return buffer_->Resize(bytes + kPadding, /*shrink_to_fit=*/false);
}

arrow::Status TextBlocks::Fill() {
  const int64_t room = buffer_->size() - kPadding;
  while (held_ < room && !is_end_) {
    ARROW_ASSIGN_OR_RAISE(const int64_t got,
                          source_->Read(room - held_, buffer_->mutable_data() + held_));
    held_ += got;
    is_end_ = got == 0;
  }
  std::memset(buffer_->mutable_data() + held_, 0, kTextPadding);
  return arrow::Status::OK();
}

arrow::Result<TextBlock> TextBlocks::Next() {
  int64_t wanted = std::max(block_bytes_, 2 * held_);
  for (;;) {
    ARROW_RETURN_NOT_OK(Grow(wanted));
    ARROW_RETURN_NOT_OK(Fill());
    if (held_ == 0) return TextBlock{};
    ARROW_ASSIGN_OR_RAISE(const CsvExtent extent,
                          find_(reinterpret_cast<char*>(buffer_->mutable_data()),
                                static_cast<size_t>(held_), is_end_));
    if (extent.rows > 0) return Cut(extent);
    if (extent.bytes > 0) {
      const auto used = static_cast<int64_t>(extent.bytes);
      held_ -= used;
      std::memmove(buffer_->mutable_data(), buffer_->data() + used, static_cast<size_t>(held_));
      line_ += extent.lines;
      continue;
    }
    if (is_end_) return TextBlock{};
    if (held_ >= max_record_bytes_) {
      return base::MakeError(base::ErrorKind::kLimit,
                             "the row that begins in line " + std::to_string(line_) +
                                 " needs more than " + std::to_string(max_record_bytes_) +
                                 " bytes (is a quote not closed?)");
    }
    wanted = std::min(2 * held_, std::max(max_record_bytes_, block_bytes_));
  }
}

arrow::Result<TextBlock> TextBlocks::Cut(const CsvExtent& extent) {
  const auto used = static_cast<int64_t>(extent.bytes);
  TextBlock block{.bytes = used, .first_row = row_, .first_line = line_, .rows = extent.rows};
  row_ += extent.rows;
  line_ += extent.lines;
  std::shared_ptr<arrow::ResizableBuffer> rest;
  const int64_t left = held_ - used;
  if (left > 0 || !is_end_) {
    ARROW_ASSIGN_OR_RAISE(
        rest, arrow::AllocateResizableBuffer(std::max(block_bytes_, 2 * left) + kPadding));
    std::memcpy(rest->mutable_data(), buffer_->data() + used, static_cast<size_t>(left));
  }
  block.text = std::exchange(buffer_, std::move(rest));
  std::memset(block.data() + used, 0, kTextPadding);
  held_ = left;
  return block;
}

std::unique_ptr<TaskDivider> DivideText(TextBlocks blocks, MakeBlockReader make_reader) {
  return std::make_unique<Divider>(std::move(blocks), std::move(make_reader));
}

}  // namespace formats
