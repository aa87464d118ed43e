#include "formats/auto_format.h"

#include <algorithm>
#include <string>
#include <utility>

namespace formats {
namespace {

using Formats = std::vector<std::shared_ptr<const Format>>;

class AutoFinder final : public LayoutFinder {
 public:
  explicit AutoFinder(const Formats& formats) : formats_(formats) {
    for (const auto& format : formats_) finders_.push_back(format->MakeLayoutFinder());
  }

  void Want(const std::vector<std::string>& columns) override {
    for (const auto& finder : finders_) finder->Want(columns);
  }

  arrow::Result<FoundLayout> Find(std::string_view key, int64_t object_bytes, int64_t whole_bytes,
                                  const ReadBytes& read) override {
    return finders_[OwnerOf(key)]->Find(key, object_bytes, whole_bytes, read);
  }

  void Settle(const KnownColumns& known) override {
    for (const auto& finder : finders_) finder->Settle(known);
  }
  std::shared_ptr<arrow::Schema> Settled(std::string_view key,
                                         std::shared_ptr<arrow::Schema> schema) const override {
    return finders_[OwnerOf(key)]->Settled(key, std::move(schema));
  }

  int64_t DecodeBytes(int64_t object_bytes) const override {
    int64_t most = 0;
    for (const auto& finder : finders_) most = std::max(most, finder->DecodeBytes(object_bytes));
    return most;
  }

 private:
  size_t OwnerOf(std::string_view key) const {
    const auto owner =
        std::ranges::find_if(formats_, [&](const auto& format) { return format->Owns(key); });
    return owner == formats_.end() ? 0 : static_cast<size_t>(owner - formats_.begin());
  }

  const Formats formats_;
  std::vector<std::unique_ptr<LayoutFinder>> finders_;
};

class Auto final : public Format {
 public:
  explicit Auto(Formats formats) : formats_(std::move(formats)) {
    for (const auto& format : formats_) {
      ending_ += (ending_.empty() ? "" : " or ") + std::string(format->ending());
    }
  }
  std::string_view name() const override { return "auto"; }
  std::string_view ending() const override { return ending_; }
  bool Owns(std::string_view key) const override {
    return std::ranges::any_of(formats_, [&](const auto& format) { return format->Owns(key); });
  }
  std::unique_ptr<LayoutFinder> MakeLayoutFinder() const override {
    return std::make_unique<AutoFinder>(formats_);
  }

 private:
  const Formats formats_;
  std::string ending_;
};

}  // namespace

std::shared_ptr<const Format> AutoFormat(Formats formats) {
  return std::make_shared<Auto>(std::move(formats));
}

}  // namespace formats
