// Which keys of a bucket are data, of which table, and with which columns that follow from the key:
// `datasets`, `hive_partitioning`, `ignore` and `metadata_columns` of the spec, made ready. Without
// datasets the rule of folders (source/tables/table_naming.h) holds for keys with the format's
// ending. Immutable; thread-safe.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "arrow/result.h"
#include "formats/format.h"
#include "s3/object_store.h"
#include "source/schema/table_schema.h"
#include "source/spec/spec.h"
#include "source/tables/hive_partition.h"
#include "source/tables/key_pattern.h"
#include "source/tables/table_naming.h"

namespace source {

enum class MetadataColumn : uint8_t { kKey, kLastModified, kEtag, kSize, kRow };

/// What becomes of a key.
struct KeyClass {
  /// None: the key is passed over.
  std::optional<TableName> table;
  /// Index of the rule that takes the key.
  size_t rule = 0;
  /// Why it is passed over, to follow a number: "match ignore pattern ...". Lives as long as the
  /// rules do.
  std::string_view reason;
  /// No dataset matches the key.
  bool unmatched = false;
};

class TableRules {
 public:
  /// kConfig: a pattern or a table's name is not valid, or they do not go together.
  [[nodiscard]] static arrow::Result<std::shared_ptr<const TableRules>> Make(
      const Spec& spec, std::shared_ptr<const formats::Format> format);

  /// Of the spec, and of a rule.
  const formats::Format& format() const { return *format_; }
  const std::shared_ptr<const formats::Format>& format(size_t rule) const {
    return rules_[rule].format;
  }
  bool has_datasets() const { return has_datasets_; }

  /// What must be listed to find all keys that can be taken, none of which contains another.
  const std::vector<std::string>& list_prefixes() const { return list_prefixes_; }

  KeyClass Classify(const s3::ObjectInfo& object) const;

  /// Of a rule: its captures that become columns, over all its patterns.
  const std::vector<std::string>& columns(size_t rule) const { return rules_[rule].columns; }
  const std::vector<MetadataColumn>& metadata(size_t rule) const { return rules_[rule].metadata; }
  bool hive_partitioning(size_t rule) const { return rules_[rule].hive_partitioning; }
  const SchemaOptions& schema(size_t rule) const { return rules_[rule].schema; }
  /// Changes whenever keys may come to the tables of a rule that did not belong to them; empty for
  /// what the default configuration takes.
  const std::string& membership(size_t rule) const { return rules_[rule].membership; }

  /// The columns that follow from a key that is taken: its captures, then its partitions. Names
  /// differ by more than case.
  std::vector<PathValue> PathValuesOf(std::string_view key) const;

 private:
  struct Pattern {
    KeyPattern key;
    /// For each capture: whether the table's name uses it.
    std::vector<bool> names_table;
  };
  // A dataset or, without any, the rule of folders, which has no patterns.
  struct Rule {
    std::string table;
    std::shared_ptr<const formats::Format> format;
    std::vector<Pattern> patterns;
    std::vector<KeyPattern> ignored;
    std::vector<std::string> ignored_reasons;
    SchemaOptions schema;
    bool hive_partitioning = false;
    bool default_ignore = false;
    std::vector<MetadataColumn> metadata;
    std::vector<std::string> columns;
    std::string membership;
  };
  struct Found {
    size_t rule = 0;
    const Pattern* pattern = nullptr;
    std::vector<std::string_view> values;
  };

  TableRules() = default;
  arrow::Result<Rule> MakeRule(const Spec& spec, const DatasetSpec& dataset) const;
  static arrow::Status AddPattern(const std::string& text, Rule* rule);
  void SetListPrefixes(const std::string& path_prefix);
  void SetMemberships();
  std::optional<Found> Find(std::string_view key) const;
  std::string_view IgnoredBecause(const Rule& rule, std::string_view key) const;
  static TableName NameFor(const Rule& rule, const Found& found, std::string_view key);

  std::shared_ptr<const formats::Format> format_;
  bool has_datasets_ = false;
  std::vector<Rule> rules_;
  std::vector<std::string> list_prefixes_;
  std::string wrong_ending_;
};

/// `bucket` and the like as they are; what a template's captures stand for. Text between braces is
/// replaced by what `value_of` gives for it.
template <class ValueOf>
std::string ExpandTemplate(std::string_view text, ValueOf value_of) {
  std::string expanded;
  for (size_t open; (open = text.find('{')) != std::string_view::npos;) {
    const size_t close = text.find('}', open);
    expanded += text.substr(0, open);
    expanded += value_of(text.substr(open + 1, close - open - 1));
    text.remove_prefix(close + 1);
  }
  return expanded.append(text);
}

}  // namespace source
