#include "source/state/cursor_codec.h"

#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <utility>

#include "arrow/util/base64.h"
#include "base/error.h"
#include "base/text.h"
#include "base/time.h"

namespace source {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kVersion = 2;
constexpr int kVersionWithHashes = 1;
constexpr size_t kHashBytes = sizeof(ObjectHash);

arrow::Status Corrupt(const std::string& what) {
  return base::MakeError(base::ErrorKind::kCorrupt, what);
}

std::string Hex(ObjectHash hash) {
  char text[2 * kHashBytes + 1];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(hash));
  return text;
}

arrow::Result<ObjectHash> ParseHex(const std::string& text) {
  const bool shaped = text.size() == 2 * kHashBytes &&
                      text.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (!shaped) return Corrupt("one of its hashes is not valid");
  return std::strtoull(text.c_str(), nullptr, 16);
}

// S3 takes any bytes as a key, JSON only those that are UTF-8.
bool IsJsonText(const std::string& text) {
  try {
    (void)Json(text).dump();
    return true;
  } catch (const nlohmann::json::type_error&) {
    return false;
  }
}

void PutKey(const std::string& key, Json* entry) {
  if (IsJsonText(key)) {
    (*entry)["key"] = key;
  } else {
    (*entry)["key_base64"] = arrow::util::base64_encode(key);
  }
}

// Throws as ToCoverage does.
arrow::Result<std::string> TakeKey(const Json& entry) {
  const auto encoded = entry.find("key_base64");
  if (encoded == entry.end()) return entry.at("key").get<std::string>();
  auto key = arrow::util::base64_decode(encoded->get<std::string>());
  return key.ok() ? std::move(key) : Corrupt("a key of an object to try again is not readable");
}

Json ToJson(const Undelivered& retry) {
  Json entry = Json::object();
  PutKey(retry.key, &entry);
  entry["object"] = Hex(retry.object);
  entry["reason"] = retry.reason;
  entry["attempts"] = retry.attempts;
  if (!retry.conditions.empty()) entry["conditions"] = retry.conditions;
  return entry;
}

Json ToJson(const Coverage& coverage) {
  Json retries = Json::array(), parts = Json::array();
  for (const Undelivered& retry : coverage.undelivered) retries.push_back(ToJson(retry));
  for (const HashPart& part : coverage.known.parts()) {
    parts.push_back(Json::array({part.row, part.hashes.size(), Hex(SumOf(part.hashes))}));
  }
  Json json = {{"prefix", coverage.prefix},
               {"cursor", base::FormatRfc3339(coverage.cursor)},
               {"parts", std::move(parts)},
               {"retry", std::move(retries)}};
  if (!coverage.membership.empty()) json["membership"] = coverage.membership;
  if (coverage.delivered_before) json["floor"] = base::FormatRfc3339(*coverage.delivered_before);
  return json;
}

// Throws as ToCoverage does. No hashes: the row does not hold them.
arrow::Result<HashPart> ToPart(const Json& json, const RowValue& row, size_t* lost) {
  HashPart part{.row = json.at(0).get<int>()};
  const size_t count = json.at(1).get<size_t>();
  ARROW_ASSIGN_OR_RAISE(const ObjectHash sum, ParseHex(json.at(2).get<std::string>()));
  if (part.row < 0) return Corrupt("it names a row that cannot be");
  auto hashes = ParseHashes(row(part.row));
  if (hashes.ok() && hashes->size() >= count) {
    hashes->resize(count);
    part.hashes = *std::move(hashes);
  }
  if (part.hashes.size() != count || SumOf(part.hashes) != sum) {
    part.hashes.clear();
    *lost += count;
  }
  return part;
}

// Throws as ToCoverage does.
arrow::Result<DeliveredSet> ToDeliveredSet(const Json& json, const RowValue& row, size_t* lost) {
  if (const auto known = json.find("known"); known != json.end()) {
    ARROW_ASSIGN_OR_RAISE(auto hashes, ParseHashes(known->get<std::string>()));
    DeliveredSet set;
    set.Add(std::move(hashes));
    return set;
  }
  std::vector<HashPart> parts;
  for (const Json& entry : json.at("parts")) {
    ARROW_ASSIGN_OR_RAISE(HashPart part, ToPart(entry, row, lost));
    if (!part.hashes.empty()) parts.push_back(std::move(part));
  }
  return DeliveredSet(std::move(parts));
}

// Throws nlohmann's exceptions where a value is missing or of another type.
arrow::Result<Coverage> ToCoverage(const Json& json, const RowValue& row, size_t* lost) {
  // Records of the default rules lack the membership.
  Coverage coverage{.prefix = json.at("prefix").get<std::string>(),
                    .membership = json.value("membership", "")};
  ARROW_ASSIGN_OR_RAISE(coverage.cursor, ParseTime(json.at("cursor").get<std::string>()));
  if (const auto floor = json.find("floor"); floor != json.end()) {
    ARROW_ASSIGN_OR_RAISE(coverage.delivered_before, ParseTime(floor->get<std::string>()));
  }
  ARROW_ASSIGN_OR_RAISE(coverage.known, ToDeliveredSet(json, row, lost));
  for (const Json& entry : json.at("retry")) {
    Undelivered retry{.reason = entry.at("reason").get<std::string>(),
                      .attempts = entry.at("attempts").get<int>()};
    ARROW_ASSIGN_OR_RAISE(retry.key, TakeKey(entry));
    ARROW_ASSIGN_OR_RAISE(retry.object, ParseHex(entry.at("object").get<std::string>()));
    // Records of earlier versions lack them.
    retry.conditions = entry.value("conditions", "");
    coverage.undelivered.push_back(std::move(retry));
  }
  return coverage;
}

// Throws as ToCoverage does.
arrow::Result<CursorRecord> ToRecord(const Json& json, const RowValue& row) {
  const Json& version = json.at("version");
  if (version != kVersion && version != kVersionWithHashes) {
    return base::MakeError(
        base::ErrorKind::kUnsupported,
        "it has version " + version.dump() + ", which this version of the plugin does not read");
  }
  CursorRecord record{.store = json.value("store", ""),
                      .generation = json.value("generation", uint64_t{0})};
  const auto shard = json.at("shard").get<std::string>();
  if (std::sscanf(shard.c_str(), "%d/%d", &record.shard.num, &record.shard.total) != 2) {
    return Corrupt("it names no shard");
  }
  if (const auto plain = json.find("plain"); plain != json.end()) {
    ARROW_ASSIGN_OR_RAISE(record.plain, ParseTime(plain->get<std::string>()));
  }
  for (const Json& entry : json.at("coverage")) {
    ARROW_ASSIGN_OR_RAISE(auto coverage, ToCoverage(entry, row, &record.lost));
    record.coverages.push_back(std::move(coverage));
  }
  ARROW_RETURN_NOT_OK(record.Validate());
  return record;
}

}  // namespace

arrow::Result<s3::Timestamp> ParseTime(std::string_view text) {
  const auto time = base::ParseRfc3339(text);
  if (!time) return Corrupt(base::Quoted(text) + " is not a valid RFC 3339 time");
  return *time;
}

std::string FormatRecord(const CursorRecord& record) {
  Json json = {
      {"version", kVersion},
      {"store", record.store},
      {"shard", std::to_string(record.shard.num) + "/" + std::to_string(record.shard.total)}};
  if (record.plain) json["plain"] = base::FormatRfc3339(*record.plain);
  json["generation"] = record.generation;
  json["coverage"] = Json::array();
  for (const Coverage& coverage : record.coverages) json["coverage"].push_back(ToJson(coverage));
  // Should a text not be UTF-8, such as a prefix, the record is saved all the same.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

arrow::Result<CursorRecord> ParseRecord(std::string_view text, const RowValue& row) {
  try {
    return ToRecord(Json::parse(text), row);
  } catch (const nlohmann::json::exception&) {
    return Corrupt("it is not the JSON that this plugin writes");
  }
}

}  // namespace source
