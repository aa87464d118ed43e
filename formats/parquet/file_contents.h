// One row group of a file as the Parquet library wants to see it.
#pragma once

#include <memory>
#include <optional>

#include "formats/parquet/page_pool.h"
#include "formats/parquet/parquet_file.h"
#include "formats/parquet/row_group_reader.h"
#include "parquet/file_reader.h"

namespace formats {

/// What the contents below read from and tell. All of it must outlive them.
struct ContentsContext {
  const RowGroupSource& source;
  const ReadOptions& options;
  PagePool& page_pool;
  /// Set to the leaf column whose page could not be read, before the failure is thrown.
  std::optional<int>& failed_leaf;
};

/// A file of which only the row group of the source is ever asked for.
std::unique_ptr<parquet::ParquetFileReader> OpenContents(const ContentsContext& context);

}  // namespace formats
