#include "source/tables/table_rules.h"

#include <algorithm>
#include <set>
#include <span>
#include <utility>

#include "base/error.h"
#include "base/sha256.h"
#include "base/text.h"
#include "base/utf8.h"
#include "cloudquery/types/identifiers.h"
#include "source/spec/format_of_spec.h"

namespace source {
namespace {

constexpr std::string_view kFolderMarkers = "are folder markers";
constexpr std::string_view kUnmatched = "match no dataset";
constexpr std::string_view kHadoopMarker = "_$folder$";

// In the order of their columns.
constexpr std::pair<std::string_view, MetadataColumn> kMetadataNames[] = {
    {"key", MetadataColumn::kKey},   {"last_modified", MetadataColumn::kLastModified},
    {"etag", MetadataColumn::kEtag}, {"size", MetadataColumn::kSize},
    {"row", MetadataColumn::kRow},
};

// What consoles and Hadoop put where a folder is to be seen.
bool IsFolderMarker(const s3::ObjectInfo& object) {
  return object.size_bytes == 0 &&
         (object.key.ends_with('/') || object.key.ends_with(kHadoopMarker));
}

std::string_view FileNameOf(std::string_view key) { return key.substr(key.rfind('/') + 1); }

std::string ShortHash(std::string_view text) {
  const base::Sha256Digest digest = base::Sha256(text);
  return base::ToHex(std::span(digest).first<8>());
}

bool HasOwnFormat(const DatasetSpec& dataset) {
  return dataset.filetype || dataset.compression || dataset.csv || dataset.flatten ||
         dataset.infer || dataset.on_malformed_row;
}

// Objects of one table are read by one format.
arrow::Status CheckFormats(const Spec& spec) {
  for (size_t i = 0; i < spec.datasets.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      const DatasetSpec &one = spec.datasets[j], &other = spec.datasets[i];
      if (one.table != other.table || SameFormat(spec, one, other)) continue;
      return base::MakeError(base::ErrorKind::kConfig,
                             "spec: datasets[" + std::to_string(j) + "] and datasets[" +
                                 std::to_string(i) +
                                 "] have the same table but read it "
                                 "differently. Give them different tables, or the same filetype, "
                                 "compression, csv, flatten, infer and on_malformed_row.");
    }
  }
  return arrow::Status::OK();
}

SchemaOptions SchemaOf(const Spec& spec, const DatasetSpec& dataset) {
  const bool lists = spec.nested_lists == "list";
  const bool strict = dataset.schema.value_or(spec.schema) == "strict";
  const bool new_ids = dataset.cq_ids.value_or(spec.cq_ids) == "new";
  return {.mode = strict ? SchemaMode::kStrict : SchemaMode::kEvolve,
          .columns = dataset.columns.value_or(spec.columns),
          .types = MakeColumnTypes(dataset.types.value_or(spec.types)),
          .rescue = dataset.rescue.value_or(spec.rescue),
          .normalize = {.nested_lists =
                            lists ? cloudquery::NestedLists::kList : cloudquery::NestedLists::kJson,
                        .new_row_ids = new_ids}};
}

bool Overlap(std::string_view a, std::string_view b) {
  return a.starts_with(b) || b.starts_with(a);
}

// What no other of the prefixes contains.
std::vector<std::string> Outermost(std::vector<std::string> prefixes) {
  std::ranges::sort(prefixes);
  std::vector<std::string> outermost;
  for (std::string& prefix : prefixes) {
    if (!outermost.empty() && prefix.starts_with(outermost.back())) continue;
    outermost.push_back(std::move(prefix));
  }
  return outermost;
}

}  // namespace

arrow::Status TableRules::AddPattern(const std::string& text, Rule* rule) {
  auto made = KeyPattern::Make(text);
  ARROW_RETURN_NOT_OK(made.status());
  Pattern pattern{.key = *std::move(made)};
  const auto& captures = pattern.key.captures();
  pattern.names_table.resize(captures.size());
  std::string missing;
  ExpandTemplate(rule->table, [&](std::string_view name) {
    const auto found = std::ranges::find(captures, name);
    if (found == captures.end()) {
      missing = name;
    } else {
      pattern.names_table[static_cast<size_t>(found - captures.begin())] = true;
    }
    return "";
  });
  if (!missing.empty()) {
    return base::MakeError(base::ErrorKind::kConfig,
                           "table uses {" + missing + "}, which a pattern of match does not have");
  }
  for (size_t i = 0; i < captures.size(); ++i) {
    const bool known = std::ranges::any_of(rule->columns, [&](const std::string& column) {
      return base::EqualsIgnoringAsciiCase(column, captures[i]);
    });
    if (!pattern.names_table[i] && !known) rule->columns.push_back(captures[i]);
  }
  rule->patterns.push_back(std::move(pattern));
  return arrow::Status::OK();
}

arrow::Result<TableRules::Rule> TableRules::MakeRule(const Spec& spec,
                                                     const DatasetSpec& dataset) const {
  Rule rule{.table = dataset.table,
            .format = HasOwnFormat(dataset) ? FormatOf(spec, dataset) : format_,
            .schema = SchemaOf(spec, dataset),
            .hive_partitioning = dataset.hive_partitioning.value_or(spec.hive_partitioning)};
  for (const std::string& pattern : dataset.match) {
    ARROW_RETURN_NOT_OK(AddPattern(pattern, &rule));
  }
  const auto& ignore = dataset.ignore ? *dataset.ignore : spec.ignore;
  rule.default_ignore = ignore == Spec{}.ignore;
  for (const std::string& pattern : ignore) {
    ARROW_ASSIGN_OR_RAISE(KeyPattern ignored, KeyPattern::Make(pattern));
    rule.ignored.push_back(std::move(ignored));
    rule.ignored_reasons.push_back("match \"" + pattern + "\" of ignore");
  }
  const auto& metadata =
      dataset.metadata_columns ? *dataset.metadata_columns : spec.metadata_columns;
  for (const auto& [name, column] : kMetadataNames) {
    if (std::ranges::find(metadata, name) != metadata.end()) rule.metadata.push_back(column);
  }
  return rule;
}

arrow::Result<std::shared_ptr<const TableRules>> TableRules::Make(
    const Spec& spec, std::shared_ptr<const formats::Format> format) {
  auto rules = std::shared_ptr<TableRules>(new TableRules());
  rules->format_ = std::move(format);
  rules->has_datasets_ = !spec.datasets.empty();
  rules->wrong_ending_ = "do not end in " + std::string(rules->format_->ending());
  for (size_t i = 0; i < spec.datasets.size(); ++i) {
    auto rule = rules->MakeRule(spec, spec.datasets[i]);
    if (!rule.ok()) {
      return base::MakeError(
          base::ErrorKind::kConfig,
          "spec: datasets[" + std::to_string(i) + "]: " + base::MessageOf(rule.status()) + ".");
    }
    rules->rules_.push_back(*std::move(rule));
  }
  if (!rules->has_datasets_) {
    ARROW_ASSIGN_OR_RAISE(Rule rule, rules->MakeRule(spec, {}));
    rules->rules_.push_back(std::move(rule));
  }
  ARROW_RETURN_NOT_OK(CheckFormats(spec));
  rules->SetListPrefixes(spec.path_prefix);
  rules->SetMemberships();
  return rules;
}

void TableRules::SetListPrefixes(const std::string& path_prefix) {
  std::vector<std::string> prefixes;
  if (!has_datasets_) prefixes.push_back(path_prefix);
  for (const Rule& rule : rules_) {
    for (const Pattern& pattern : rule.patterns) {
      const std::string& prefix = pattern.key.literal_prefix();
      if (!Overlap(prefix, path_prefix)) continue;
      prefixes.push_back(prefix.size() > path_prefix.size() ? prefix : path_prefix);
    }
  }
  list_prefixes_ = Outermost(std::move(prefixes));
}

// Keys come to a dataset when its own patterns change, or those of one before it that may have
// taken them. Datasets of one table come and go together.
void TableRules::SetMemberships() {
  std::vector<std::string> own(rules_.size());
  for (size_t i = 0; i < rules_.size(); ++i) {
    const Rule& rule = rules_[i];
    if (!rule.default_ignore) {
      own[i] += "ignore";
      for (const KeyPattern& ignored : rule.ignored) own[i] += '\0' + ignored.text();
      own[i] += '\n';
    }
    if (!has_datasets_) {
      if (rule.hive_partitioning) own[i] += "hive\n";
      if (format_->name() != Spec{}.filetype) {
        own[i] += "filetype " + std::string(format_->name()) + '\n';
      }
      continue;
    }
    own[i] += rule.table;
    for (size_t j = 0; j <= i; ++j) {
      for (const Pattern& pattern : rules_[j].patterns) {
        const bool competes = std::ranges::any_of(rule.patterns, [&](const Pattern& mine) {
          return Overlap(mine.key.literal_prefix(), pattern.key.literal_prefix());
        });
        if (competes) own[i] += '\0' + pattern.key.text();
      }
    }
  }
  for (size_t i = 0; i < rules_.size(); ++i) {
    std::string all;
    for (size_t j = 0; j < rules_.size(); ++j) {
      if (rules_[j].table == rules_[i].table && !own[j].empty()) all += own[j] + '\n';
    }
    if (!all.empty()) rules_[i].membership = ShortHash(all);
  }
}

std::optional<TableRules::Found> TableRules::Find(std::string_view key) const {
  if (!has_datasets_) return Found{};
  Found found;
  for (; found.rule < rules_.size(); ++found.rule) {
    for (const Pattern& pattern : rules_[found.rule].patterns) {
      if (!pattern.key.Match(key, &found.values)) continue;
      found.pattern = &pattern;
      return found;
    }
  }
  return std::nullopt;
}

std::string_view TableRules::IgnoredBecause(const Rule& rule, std::string_view key) const {
  // A file name that is nothing but the ending belongs to a key that ends in a slash and was given
  // the ending by a program; nobody hid it.
  const std::string_view name = FileNameOf(key);
  if (rule.default_ignore && name.rfind('.') == 0 && rule.format->Owns(key)) return "";
  for (size_t i = 0; i < rule.ignored.size(); ++i) {
    if (rule.ignored[i].Matches(key)) return rule.ignored_reasons[i];
  }
  return "";
}

TableName TableRules::NameFor(const Rule& rule, const Found& found, std::string_view key) {
  if (found.pattern == nullptr) {
    if (!rule.hive_partitioning || !HasHivePartition(key)) return TableNameOf(key);
    return TableNameFrom(FolderWithoutPartitions(key));
  }
  if (rule.table.find('{') == std::string::npos) {
    return {.name = cloudquery::CutName(rule.table), .folder = rule.table};
  }
  const auto& captures = found.pattern->key.captures();
  return TableNameFrom(ExpandTemplate(rule.table, [&](std::string_view name) {
    return found.values[static_cast<size_t>(std::ranges::find(captures, name) - captures.begin())];
  }));
}

KeyClass TableRules::Classify(const s3::ObjectInfo& object) const {
  if (IsFolderMarker(object)) return {.reason = kFolderMarkers};
  const auto found = Find(object.key);
  if (!found) return {.reason = kUnmatched, .unmatched = true};
  const Rule& rule = rules_[found->rule];
  const std::string_view ignored = IgnoredBecause(rule, object.key);
  if (!ignored.empty()) return {.rule = found->rule, .reason = ignored};
  if (!has_datasets_ && !rule.format->Owns(object.key)) return {.reason = wrong_ending_};
  return {.table = NameFor(rule, *found, object.key), .rule = found->rule};
}

std::vector<PathValue> TableRules::PathValuesOf(std::string_view key) const {
  std::vector<PathValue> values;
  const auto found = Find(key);
  if (!found) return values;
  std::set<std::string> names;
  if (found->pattern != nullptr) {
    const auto& captures = found->pattern->key.captures();
    for (size_t i = 0; i < captures.size(); ++i) {
      if (found->pattern->names_table[i]) continue;
      if (!names.insert(cloudquery::FoldCase(captures[i])).second) continue;
      values.push_back({captures[i], base::ReplaceInvalidUtf8(found->values[i])});
    }
  }
  if (rules_[found->rule].hive_partitioning) {
    for (PathValue& partition : HivePartitionsOf(key)) {
      if (!names.insert(cloudquery::FoldCase(partition.name)).second) continue;
      values.push_back(std::move(partition));
    }
  }
  return values;
}

}  // namespace source
