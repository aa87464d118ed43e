// For tests: what a store must provide to run the contract in s3/object_store_test.cc, with
// INSTANTIATE_TEST_SUITE_P(..., ObjectStoreContract, ...).
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "s3/object_store.h"

namespace s3 {

/// A fresh, empty bucket that can be filled.
class BucketUnderTest {
 public:
  virtual ~BucketUnderTest() = default;
  virtual ObjectStore& store() = 0;
  virtual void Put(const std::string& key, std::string_view content) = 0;
  virtual void Delete(const std::string& key) = 0;
  /// The same service with a bucket that does not exist.
  virtual ObjectStore& store_without_bucket() = 0;
  /// Whether keys such as "a//b" can be put.
  virtual bool takes_empty_segments() const = 0;
};

struct StoreUnderTest {
  std::string name;
  std::function<std::unique_ptr<BucketUnderTest>()> make_bucket;
};

inline std::string NameOf(const testing::TestParamInfo<StoreUnderTest>& info) {
  return info.param.name;
}

class ObjectStoreContract : public testing::TestWithParam<StoreUnderTest> {
 protected:
  void SetUp() override {
    bucket_ = GetParam().make_bucket();
    ASSERT_NE(bucket_, nullptr);
  }
  ObjectStore& store() { return bucket_->store(); }

  std::unique_ptr<BucketUnderTest> bucket_;
};

}  // namespace s3
