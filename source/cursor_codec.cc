#include "source/cursor_codec.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <utility>

#include "arrow/util/base64.h"
#include "base/error.h"
#include "s3/list_xml.h"

namespace source {
namespace {

using Json = nlohmann::ordered_json;
using std::chrono::nanoseconds;

constexpr int kVersion = 1;
constexpr size_t kHashBytes = sizeof(ObjectHash);

arrow::Status Corrupt(const std::string& what) {
  return base::MakeError(base::ErrorKind::kCorrupt, what);
}

std::string EncodeHashes(const std::vector<ObjectHash>& hashes) {
  std::string bytes;
  bytes.reserve(hashes.size() * kHashBytes);
  for (const ObjectHash hash : hashes) {
    for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(hash >> shift);
  }
  return arrow::util::base64_encode(bytes);
}

arrow::Result<std::vector<ObjectHash>> DecodeHashes(const std::string& text) {
  auto bytes = arrow::util::base64_decode(text);
  if (!bytes.ok() || bytes->size() % kHashBytes != 0) {
    return Corrupt("its known objects are not readable");
  }
  std::vector<ObjectHash> hashes(bytes->size() / kHashBytes);
  for (size_t i = 0; i < bytes->size(); ++i) {
    hashes[i / kHashBytes] = hashes[i / kHashBytes] << 8 | static_cast<uint8_t>((*bytes)[i]);
  }
  return hashes;
}

std::string Hex(ObjectHash hash) {
  char text[2 * kHashBytes + 1];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(hash));
  return text;
}

arrow::Result<ObjectHash> ParseHex(const std::string& text) {
  const bool shaped = text.size() == 2 * kHashBytes &&
                      text.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (!shaped) return Corrupt("an object to try again has no valid hash");
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

Json ToJson(const Coverage& coverage) {
  Json retries = Json::array();
  for (const Retry& retry : coverage.retries) {
    Json entry = Json::object();
    PutKey(retry.key, &entry);
    entry["object"] = Hex(retry.object);
    entry["reason"] = retry.reason;
    entry["attempts"] = retry.attempts;
    if (!retry.conditions.empty()) entry["conditions"] = retry.conditions;
    retries.push_back(std::move(entry));
  }
  Json json = {{"prefix", coverage.prefix},
               {"cursor", FormatTime(coverage.cursor)},
               {"floor", FormatTime(coverage.floor)},
               {"known", EncodeHashes(coverage.known)},
               {"retry", std::move(retries)}};
  if (!coverage.membership.empty()) json["membership"] = coverage.membership;
  return json;
}

// Throws nlohmann's exceptions where a value is missing or of another type.
arrow::Result<Coverage> ToCoverage(const Json& json) {
  // Records of the default rules lack the membership.
  Coverage coverage{.prefix = json.at("prefix").get<std::string>(),
                    .membership = json.value("membership", "")};
  ARROW_ASSIGN_OR_RAISE(coverage.cursor, ParseTime(json.at("cursor").get<std::string>()));
  ARROW_ASSIGN_OR_RAISE(coverage.floor, ParseTime(json.at("floor").get<std::string>()));
  ARROW_ASSIGN_OR_RAISE(coverage.known, DecodeHashes(json.at("known").get<std::string>()));
  for (const Json& entry : json.at("retry")) {
    Retry retry{.reason = entry.at("reason").get<std::string>(),
                .attempts = entry.at("attempts").get<int>()};
    ARROW_ASSIGN_OR_RAISE(retry.key, TakeKey(entry));
    ARROW_ASSIGN_OR_RAISE(retry.object, ParseHex(entry.at("object").get<std::string>()));
    // Records of earlier versions lack them.
    retry.conditions = entry.value("conditions", "");
    coverage.retries.push_back(std::move(retry));
  }
  return coverage;
}

// Throws as ToCoverage does.
arrow::Result<CursorRecord> ToRecord(const Json& json) {
  if (json.at("version") != kVersion) {
    return base::MakeError(base::ErrorKind::kUnsupported,
                           "it has version " + json.at("version").dump() +
                               ", which this version of the plugin does not read");
  }
  CursorRecord record;
  const auto shard = json.at("shard").get<std::string>();
  if (std::sscanf(shard.c_str(), "%d/%d", &record.shard.num, &record.shard.total) != 2) {
    return Corrupt("it names no shard");
  }
  if (const auto plain = json.find("plain"); plain != json.end()) {
    ARROW_ASSIGN_OR_RAISE(record.plain, ParseTime(plain->get<std::string>()));
  }
  for (const Json& entry : json.at("coverage")) {
    ARROW_ASSIGN_OR_RAISE(auto coverage, ToCoverage(entry));
    record.coverages.push_back(std::move(coverage));
  }
  ARROW_RETURN_NOT_OK(record.Validate());
  return record;
}

// An offset at the end, as minutes east of UTC; takes it off the text. "Z" is left alone.
int TakeOffset(std::string* text) {
  if (text->size() < 7) return 0;
  int hours = 0, minutes = 0;
  char sign = 0;
  const std::string tail = text->substr(text->size() - 6);
  if (std::sscanf(tail.c_str(), "%c%2d:%2d", &sign, &hours, &minutes) != 3) return 0;
  if ((sign != '+' && sign != '-') || hours > 23 || minutes > 59) return 0;
  text->replace(text->size() - 6, 6, "Z");
  return (sign == '-' ? -1 : 1) * (hours * 60 + minutes);
}

nanoseconds UnitOf(std::string_view unit) {
  if (unit == "h") return std::chrono::hours(1);
  if (unit == "m") return std::chrono::minutes(1);
  if (unit == "s") return std::chrono::seconds(1);
  if (unit == "ms") return std::chrono::milliseconds(1);
  if (unit == "us" || unit == "µs") return std::chrono::microseconds(1);
  return nanoseconds(unit == "ns" ? 1 : 0);
}

}  // namespace

std::string FormatTime(s3::Timestamp time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%09lldZ",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()),
                static_cast<long long>(clock.subseconds().count()));
  return text;
}

arrow::Result<s3::Timestamp> ParseTime(std::string_view text) {
  std::string in_utc(text);
  const int minutes_east = TakeOffset(&in_utc);
  const auto time = s3::ParseTimestamp(in_utc);
  if (!time) return Corrupt("\"" + std::string(text) + "\" is no RFC 3339 time");
  return *time - std::chrono::minutes(minutes_east);
}

std::string FormatRecord(const CursorRecord& record) {
  Json json = {
      {"version", kVersion},
      {"shard", std::to_string(record.shard.num) + "/" + std::to_string(record.shard.total)}};
  if (record.plain) json["plain"] = FormatTime(*record.plain);
  json["coverage"] = Json::array();
  for (const Coverage& coverage : record.coverages) json["coverage"].push_back(ToJson(coverage));
  // Should a text not be UTF-8, such as a prefix, the record is saved all the same.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

arrow::Result<CursorRecord> ParseRecord(std::string_view text) {
  try {
    return ToRecord(Json::parse(text));
  } catch (const nlohmann::json::exception&) {
    return Corrupt("it is not the JSON that this plugin writes");
  }
}

arrow::Result<nanoseconds> ParseDuration(std::string_view text) {
  constexpr nanoseconds kCentury = std::chrono::hours(24 * 36525);
  if (text == "0") return nanoseconds(0);
  const auto wrong =
      base::MakeError(base::ErrorKind::kConfig, "\"" + std::string(text) + "\" is no duration");
  double total = 0;
  std::string_view rest = text;
  while (!rest.empty()) {
    const size_t digits = std::min(rest.find_first_not_of("0123456789."), rest.size());
    const size_t end = std::min(rest.find_first_of("0123456789.", digits), rest.size());
    const std::string number(rest.substr(0, digits));
    const size_t dot = number.find('.');
    const nanoseconds unit = UnitOf(rest.substr(digits, end - digits));
    if (number.empty() || number.front() == '.' || number.back() == '.' ||
        (dot != std::string::npos && number.find('.', dot + 1) != std::string::npos) ||
        unit.count() == 0) {
      return wrong;
    }
    total += std::strtod(number.c_str(), nullptr) * static_cast<double>(unit.count());
    rest.remove_prefix(end);
  }
  if (text.empty()) return wrong;
  if (total >= static_cast<double>(kCentury.count())) return kCentury;
  return nanoseconds(static_cast<int64_t>(total));
}

}  // namespace source
