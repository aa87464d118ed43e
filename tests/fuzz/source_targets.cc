#include <map>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "formats/format.h"
#include "source/spec/spec.h"
#include "source/state/cursor_codec.h"
#include "source/tables/table_naming.h"
#include "tests/fuzz/require.h"
#include "tests/fuzz/targets.h"

namespace fuzz {
namespace {

bool IsNameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

}  // namespace

void Spec(std::string_view input) {
  (void)source::IsEmptySpec(input);
  const auto spec = source::ParseSpec(input);
  if (!spec.ok()) {
    Require(base::KindOf(spec.status()) == base::ErrorKind::kConfig, "a spec's error kind");
    Require(!base::MessageOf(spec.status()).empty(), "a spec's error has a text");
    return;
  }
  Require(!spec->bucket.empty() && !spec->region.empty(), "bucket and region are set");
  Require(spec->rows_per_record >= 1 && spec->concurrency != 0, "numbers are in range");
  Require(base::ParseDuration(spec->checkpoint_interval).ok(), "the interval is a duration");
}

void TableName(std::string_view input) {
  (void)formats::FindFormat("parquet")->Owns(input);
  const std::string name = source::TableNameOf(input).name;
  Require(!name.empty(), "a table has a name");
  for (const char c : name) Require(IsNameCharacter(c), "a name has plain characters only");
  Require(name.size() <= 63, "a name is no longer than destinations keep");
  Require(name.front() != '_' && name.back() != '_', "a name has inner underscores only");
  Require(name.size() == 63 || source::TableNameOf(name + "/x.parquet").name == name,
          "a name is the name of its folder");
}

void State(std::string_view input) {
  if (const auto time = source::ParseTime(input); time.ok()) {
    const auto again = source::ParseTime(base::FormatRfc3339(*time));
    Require(again.ok() && *again == *time, "a time comes back as it was");
  }
  (void)base::ParseDuration(input);
  std::map<int, std::string> rows;
  const auto row = [&](int number) { return rows[number]; };
  rows[0] = source::FormatHashes(std::vector<source::ObjectHash>{1, 2, 3});
  auto record = source::ParseRecord(input, row);
  if (!record.ok()) {
    const base::ErrorKind kind = base::KindOf(record.status());
    Require(kind == base::ErrorKind::kCorrupt || kind == base::ErrorKind::kUnsupported,
            "a record's error kind");
    return;
  }
  Require(record->Validate().ok(), "a record that is taken is valid");
  rows.clear();
  for (source::Coverage& coverage : record->coverages) {
    for (source::HashPart& part : coverage.known.parts()) {
      part.row = static_cast<int>(rows.size());
      rows[part.row] = source::FormatHashes(part.hashes);
    }
  }
  const std::string text = source::FormatRecord(*record);
  const auto again = source::ParseRecord(text, row);
  Require(again.ok() && source::FormatRecord(*again) == text, "a record comes back as it was");
}

}  // namespace fuzz
