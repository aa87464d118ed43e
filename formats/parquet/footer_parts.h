// A footer in parts: neighbouring row groups that the Parquet library parses together. The objects
// that it makes of a footer take many times the footer's bytes, and a file of 2,000 columns and 50
// row groups has a footer of 9 MB. Only one row group of it is decoded at a time, so only its part
// is parsed then.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "arrow/buffer.h"
#include "arrow/result.h"
#include "formats/parquet/footer_scan.h"

namespace parquet {
class FileMetaData;
}

namespace formats {

struct FooterPart {
  /// Number of its first row group within the footer.
  int first_row_group = 0;
  int row_groups = 0;
};

/// Immutable; thread-safe.
class FooterParts {
 public:
  /// `footer`: without the trailer. Errors are those of OutlineFooter.
  static arrow::Result<FooterParts> Make(std::shared_ptr<arrow::Buffer> footer);

  /// In order; at least one, which has no row groups if the footer has none.
  const std::vector<FooterPart>& parts() const { return parts_; }
  /// The part that has a row group.
  const FooterPart& PartOf(int row_group) const;

  /// The metadata with the row groups of a part alone: the first of them is row group 0. All else
  /// is as in the footer, such as the number of rows in all row groups. Throws what the library
  /// throws.
  std::shared_ptr<parquet::FileMetaData> Parse(const FooterPart& part) const;

  int64_t memory_bytes() const;

 private:
  FooterParts(std::shared_ptr<arrow::Buffer> footer, FooterOutline outline);

  std::shared_ptr<arrow::Buffer> footer_;
  FooterOutline outline_;
  std::vector<FooterPart> parts_;
};

}  // namespace formats
