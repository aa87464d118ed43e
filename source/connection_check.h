// The answer to `cloudquery test-connection`.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string_view>

#include "arrow/result.h"
#include "cloudquery/source.h"
#include "s3/object_store.h"
#include "source/spec/spec.h"

namespace source {

/// Makes the store that a spec describes; contacts nobody.
using StoreFactory =
    std::function<arrow::Result<std::shared_ptr<s3::ObjectStore>>(const Spec& spec)>;

/// Checks the spec, lists one page of keys and reads one byte of an object that a sync would read,
/// if there is one on the page. Objects that are archived or deleted meanwhile are no failure, as
/// they are none of the credentials. A failed test has one of the codes INVALID_SPEC,
/// ACCESS_DENIED, BUCKET_NOT_FOUND, WRONG_REGION, INVALID_CREDENTIALS, NO_CREDENTIALS, UNREACHABLE,
/// OTHER and a description that says what to do. Fails itself only when cancelled.
[[nodiscard]] arrow::Result<cloudquery::ConnectionTest> TestSpec(std::string_view spec_json,
                                                                 const StoreFactory& make_store,
                                                                 std::stop_token stop);

/// The failure code of a status. Pure.
std::string_view FailureCodeOf(const arrow::Status& status);

}  // namespace source
