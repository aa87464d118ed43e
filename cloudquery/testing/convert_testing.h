// What the tests of the conversions share.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "arrow/array.h"
#include "arrow/json/from_string.h"
#include "arrow/type.h"
#include "cloudquery/types/convert.h"
#include "cloudquery/types/type_rules.h"

namespace cloudquery {

inline ArrayPtr FromJson(const std::shared_ptr<arrow::DataType>& type, const std::string& json) {
  return arrow::json::ArrayFromJSONString(type, json).ValueOrDie();
}

// The array as its field's rule says; `stats` may be null.
inline arrow::Result<ArrayPtr> Convert(const ArrayPtr& array, ConvertStats* stats = nullptr,
                                       const NormalizeOptions& options = {}) {
  ConvertStats ignored;
  const TypeRule rule = RuleFor(*arrow::field("x", array->type()), options);
  return ConvertArray(rule, array,
                      {.pool = arrow::default_memory_pool(), .stats = stats ? stats : &ignored});
}

inline void ExpectEqual(const arrow::Array& actual, const arrow::Array& expected) {
  EXPECT_TRUE(actual.ValidateFull().ok()) << actual.ValidateFull().ToString();
  EXPECT_TRUE(actual.type()->Equals(*expected.type(), /*check_metadata=*/true))
      << actual.type()->ToString() << " instead of " << expected.type()->ToString();
  EXPECT_TRUE(actual.Equals(expected))
      << actual.ToString() << " instead of " << expected.ToString();
}

// The array converts to `expected`, and so does each part of it.
inline void ExpectConverts(const ArrayPtr& array, const ArrayPtr& expected,
                           const NormalizeOptions& options = {}) {
  SCOPED_TRACE(array->type()->ToString());
  for (int64_t offset = 0; offset <= array->length(); ++offset) {
    for (int64_t length = 0; offset + length <= array->length(); ++length) {
      const auto converted = Convert(array->Slice(offset, length), nullptr, options);
      ASSERT_TRUE(converted.ok()) << converted.status().ToString();
      ExpectEqual(**converted, *expected->Slice(offset, length));
    }
  }
}

}  // namespace cloudquery
