#include "formats/parquet/file_contents.h"

#include <utility>

#include "formats/chunk_stream.h"
#include "parquet/column_reader.h"
#include "parquet/exception.h"
#include "parquet/metadata.h"
#include "parquet/properties.h"

namespace formats {
namespace {

// Remembers which column a failure belongs to; the library's messages do not say.
class WatchedPages : public parquet::PageReader {
 public:
  WatchedPages(std::unique_ptr<parquet::PageReader> pages, int leaf, std::optional<int>& failed)
      : pages_(std::move(pages)), leaf_(leaf), failed_(failed) {}

  std::shared_ptr<parquet::Page> NextPage() override {
    try {
      return pages_->NextPage();
    } catch (...) {
      failed_ = leaf_;
      throw;
    }
  }
  void set_max_page_header_size(uint32_t size) override { pages_->set_max_page_header_size(size); }

 private:
  const std::unique_ptr<parquet::PageReader> pages_;
  const int leaf_;
  std::optional<int>& failed_;
};

class GroupContents : public parquet::RowGroupReader::Contents {
 public:
  explicit GroupContents(const ContentsContext& context)
      : context_(context),
        properties_(&context.page_pool),
        metadata_(context.source.metadata->RowGroup(context.source.index)) {
    properties_.set_page_checksum_verification(true);
  }

  std::unique_ptr<parquet::PageReader> GetColumnPageReader(int i) override {
    const RowGroupSource& source = context_.source;
    const ReadOptions& options = context_.options;
    const auto chunk = metadata_->ColumnChunk(i);
    auto stream = OpenChunk(source.file, source.chunks[i], options.window_bytes, options.pool,
                            options.page_memory_bytes, options.stop);
    // Such writers compressed pages that their headers call uncompressed (ARROW-17100).
    const bool always_compressed = source.metadata->writer_version().VersionLt(
        parquet::ApplicationVersion::PARQUET_CPP_10353_FIXED_VERSION());
    auto pages =
        parquet::PageReader::Open(std::move(stream), chunk->num_values(), chunk->compression(),
                                  properties_, *metadata_->schema()->Column(i), always_compressed);
    return std::make_unique<WatchedPages>(std::move(pages), i, context_.failed_leaf);
  }
  const parquet::RowGroupMetaData* metadata() const override { return metadata_.get(); }
  const parquet::ReaderProperties* properties() const override { return &properties_; }

 private:
  const ContentsContext context_;
  parquet::ReaderProperties properties_;
  const std::unique_ptr<parquet::RowGroupMetaData> metadata_;
};

class FileContents : public parquet::ParquetFileReader::Contents {
 public:
  explicit FileContents(const ContentsContext& context) : context_(context) {}

  void Close() override {}
  std::shared_ptr<parquet::RowGroupReader> GetRowGroup(int) override {
    return std::make_shared<parquet::RowGroupReader>(std::make_unique<GroupContents>(context_));
  }
  std::shared_ptr<parquet::FileMetaData> metadata() const override {
    return context_.source.metadata;
  }
  std::shared_ptr<parquet::PageIndexReader> GetPageIndexReader() override { return nullptr; }
  parquet::BloomFilterReader& GetBloomFilterReader() override {
    throw parquet::ParquetException("bloom filters are not read");
  }

 private:
  const ContentsContext context_;
};

}  // namespace

std::unique_ptr<parquet::ParquetFileReader> OpenContents(const ContentsContext& context) {
  auto reader = std::make_unique<parquet::ParquetFileReader>();
  reader->Open(std::make_unique<FileContents>(context));
  return reader;
}

}  // namespace formats
