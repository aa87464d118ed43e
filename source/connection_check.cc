#include "source/connection_check.h"

#include <array>
#include <string>

#include "base/error.h"
#include "source/spec/format_of_spec.h"
#include "source/tables/table_rules.h"

namespace source {
namespace {

struct CodeRow {
  std::string_view service_code;
  std::string_view failure_code;
};

// Error codes of S3 whose kind alone does not tell them apart.
constexpr std::array<CodeRow, 11> kServiceCodes = {{
    {"NoSuchBucket", "BUCKET_NOT_FOUND"},
    {"NoCredentials", "NO_CREDENTIALS"},
    {"InvalidAccessKeyId", "INVALID_CREDENTIALS"},
    {"SignatureDoesNotMatch", "INVALID_CREDENTIALS"},
    {"ExpiredToken", "INVALID_CREDENTIALS"},
    {"ExpiredTokenException", "INVALID_CREDENTIALS"},
    {"TokenRefreshRequired", "INVALID_CREDENTIALS"},
    {"InvalidToken", "INVALID_CREDENTIALS"},
    {"PermanentRedirect", "WRONG_REGION"},
    {"AuthorizationHeaderMalformed", "WRONG_REGION"},
    {"IllegalLocationConstraintException", "WRONG_REGION"},
}};

// An outage that a sync would outlast is worth telling of.
constexpr char kRetryTimeout[] = "5s";

// Objects that are tried before a bucket counts as readable: each may be deleted meanwhile, or in
// an archive that the listing does not tell.
constexpr int kMaxTries = 3;
// Enough to find an object among folder markers, logs and archived objects.
constexpr int kListedKeys = 1000;

// Whether a sync, too, would go on after such a failure.
bool IsOfOneObject(const arrow::Status& status) {
  const base::ErrorKind kind = base::KindOf(status);
  return kind == base::ErrorKind::kArchived || kind == base::ErrorKind::kNotFound ||
         kind == base::ErrorKind::kChanged;
}

// Whether the first objects that the sync would read can be read. `found`: there were any.
arrow::Status ReadOneByte(s3::ObjectStore& store, const TableRules& rules,
                          const std::string& prefix, bool* found, const std::stop_token& stop) {
  ARROW_ASSIGN_OR_RAISE(const s3::ListPage page,
                        store.List({.prefix = prefix, .max_keys = kListedKeys}, stop));
  int tries = 0;
  for (const s3::ObjectInfo& object : page.objects) {
    if (object.size_bytes == 0 || s3::IsArchived(object) || !rules.Classify(object).table) continue;
    *found = true;
    const arrow::Status read =
        store
            .Get({.key = object.key, .range = {.offset = 0, .length = 1}, .if_match = object.etag},
                 stop)
            .status();
    if (read.ok() || !IsOfOneObject(read)) return read;
    if (++tries == kMaxTries) break;
  }
  return arrow::Status::OK();
}

// In the first place of the listing that has any.
arrow::Status ReadAnyByte(s3::ObjectStore& store, const Spec& spec, const std::stop_token& stop) {
  ARROW_ASSIGN_OR_RAISE(const auto rules, TableRules::Make(spec, FormatOf(spec)));
  if (rules->list_prefixes().empty()) {
    return store.List({.prefix = spec.path_prefix, .max_keys = 1}, stop).status();
  }
  bool found = false;
  for (const std::string& prefix : rules->list_prefixes()) {
    ARROW_RETURN_NOT_OK(ReadOneByte(store, *rules, prefix, &found, stop));
    if (found) break;
  }
  return arrow::Status::OK();
}

cloudquery::ConnectionTest Failed(std::string_view code, const arrow::Status& status) {
  return {.success = false,
          .failure_code = std::string(code),
          .failure_description = base::MessageOf(status)};
}

}  // namespace

std::string_view FailureCodeOf(const arrow::Status& status) {
  const base::ErrorInfo info = base::InfoOf(status);
  for (const CodeRow& row : kServiceCodes) {
    if (row.service_code == info.code) return row.failure_code;
  }
  switch (info.kind) {
    case base::ErrorKind::kConfig:
      return "INVALID_SPEC";
    case base::ErrorKind::kAccess:
      return "ACCESS_DENIED";
    case base::ErrorKind::kTransport:
    case base::ErrorKind::kThrottled:
      return "UNREACHABLE";
    default:
      return "OTHER";
  }
}

arrow::Result<cloudquery::ConnectionTest> TestSpec(std::string_view spec_json,
                                                   const StoreFactory& make_store,
                                                   std::stop_token stop) {
  auto spec = ParseSpec(spec_json);
  if (!spec.ok()) return Failed("INVALID_SPEC", spec.status());
  // Somebody waits for the answer.
  spec->retry_timeout = kRetryTimeout;
  const auto store = make_store(*spec);
  if (!store.ok()) return Failed(FailureCodeOf(store.status()), store.status());
  const arrow::Status read = ReadAnyByte(**store, *spec, stop);
  if (base::KindOf(read) == base::ErrorKind::kCancelled) return read;
  if (!read.ok()) return Failed(FailureCodeOf(read), read);
  return cloudquery::ConnectionTest{.success = true};
}

}  // namespace source
