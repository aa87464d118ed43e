// S3Store against a real server: the contract of all object stores, and what only a server can
// tell.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing.h"
#include "minio_server.h"
#include "s3/object_file.h"
#include "s3/s3_store.h"
#include "s3/testing/object_store_contract.h"
#include "s3/testing/static_credentials.h"

namespace integration {
namespace {

using base::ErrorKind;
using base::IsError;
using base::IsOk;
using testing::HasSubstr;

/// One server for all tests of the process.
class ServerEnvironment final : public testing::Environment {
 public:
  void SetUp() override {
    auto started = MinioServer::Start();
    ASSERT_THAT(started, IsOk());
    server_ = *std::move(started);
  }
  void TearDown() override { server_.reset(); }
  MinioServer& server() { return *server_; }

 private:
  std::unique_ptr<MinioServer> server_;
};

// GoogleTest owns it.
auto* const kEnvironment = static_cast<ServerEnvironment*>(
    testing::AddGlobalTestEnvironment(new ServerEnvironment()));  // NOLINT

MinioServer& Server() { return kEnvironment->server(); }

std::string FreshBucket() {
  static int count = 0;
  const std::string bucket = "bucket-" + std::to_string(++count);
  EXPECT_THAT(Server().CreateBucket(bucket), IsOk());
  return bucket;
}

class MinioBucket final : public s3::BucketUnderTest {
 public:
  MinioBucket() : name_(FreshBucket()) {
    store_ = s3::S3Store::Make(Server().OptionsFor(name_)).ValueOrDie();
    auto options = Server().OptionsFor("no-such-bucket");
    options.retry.timeout = std::chrono::milliseconds(300);
    missing_ = s3::S3Store::Make(options).ValueOrDie();
  }
  s3::ObjectStore& store() override { return *store_; }
  void Put(const std::string& key, std::string_view content) override {
    ASSERT_THAT(Server().Put(name_, key, content), IsOk());
  }
  void Delete(const std::string& key) override { ASSERT_THAT(Server().Delete(name_, key), IsOk()); }
  s3::ObjectStore& store_without_bucket() override { return *missing_; }
  // MinIO keeps objects as files.
  bool takes_empty_segments() const override { return false; }

 private:
  const std::string name_;
  std::shared_ptr<s3::S3Store> store_;
  std::shared_ptr<s3::S3Store> missing_;
};

}  // namespace
}  // namespace integration

namespace s3 {
namespace {
INSTANTIATE_TEST_SUITE_P(Minio, ObjectStoreContract,
                         testing::Values(StoreUnderTest{
                             "S3Store",
                             [] { return std::make_unique<integration::MinioBucket>(); }}),
                         NameOf);
}  // namespace
}  // namespace s3

namespace integration {
namespace {

arrow::Result<s3::ListPage> ListAs(const s3::CredentialSource::Fetch& credentials) {
  auto options = Server().OptionsFor(FreshBucket());
  options.credentials = credentials;
  return s3::S3Store::Make(options).ValueOrDie()->List({}, {});
}

TEST(S3StoreOnMinio, AWrongSecretKeyIsAnAccessErrorThatDoesNotTellIt) {
  const auto listing = ListAs(s3::StaticCredentials(kAccessKey, "wrong-secret"));
  EXPECT_THAT(listing, IsError(ErrorKind::kAccess));
  EXPECT_EQ(base::InfoOf(listing.status()).code, "SignatureDoesNotMatch");
  EXPECT_THAT(base::MessageOf(listing.status()), testing::Not(HasSubstr("wrong-secret")));
}

TEST(S3StoreOnMinio, AnUnknownAccessKeyIsAnAccessError) {
  const auto listing = ListAs(s3::StaticCredentials("nobody", kSecretKey));
  EXPECT_THAT(listing, IsError(ErrorKind::kAccess));
  EXPECT_EQ(base::InfoOf(listing.status()).code, "InvalidAccessKeyId");
}

TEST(S3StoreOnMinio, ABucketInAnotherRegionIsReadThereWithAWarning) {
  auto options = Server().OptionsFor(FreshBucket());
  options.region = "eu-central-1";
  std::string warned;
  options.warn = [&](const std::string& warning) { warned = warning; };
  EXPECT_THAT(s3::S3Store::Make(options).ValueOrDie()->List({}, {}), IsOk());
  EXPECT_THAT(warned, HasSubstr("is in region \"us-east-1\", not in \"eu-central-1\""));
}

TEST(S3StoreOnMinio, AnonymousAccessIsDenied) {
  EXPECT_THAT(ListAs(/*credentials=*/nullptr), IsError(ErrorKind::kAccess));
}

TEST(S3StoreOnMinio, ABogusSessionTokenIsRefused) {
  EXPECT_THAT(ListAs(s3::StaticCredentials(kAccessKey, kSecretKey, "bogus")),
              IsError(ErrorKind::kAccess));
}

TEST(S3StoreOnMinio, StatisticsCountRequestsAndBytes) {
  const std::string bucket = FreshBucket();
  ASSERT_THAT(Server().Put(bucket, "k", "0123456789"), IsOk());
  const auto store = s3::S3Store::Make(Server().OptionsFor(bucket)).ValueOrDie();
  ASSERT_THAT(store->List({}, {}), IsOk());
  const int64_t listing_bytes = store->stats().bytes_received;
  EXPECT_GT(listing_bytes, 0);
  ASSERT_THAT(store->Get({.key = "k", .range = {2, 5}}, {}), IsOk());
  EXPECT_EQ(store->stats().bytes_received - listing_bytes, 5);
  EXPECT_EQ(store->stats().requests, 2);
  EXPECT_EQ(store->stats().list_requests, 1);
  EXPECT_EQ(store->stats().get_requests, 1);
  EXPECT_EQ(store->stats().retries, 0);
}

TEST(S3StoreOnMinio, AnObjectFileReadsTheListedObjectAndNotItsSuccessor) {
  const std::string bucket = FreshBucket();
  ASSERT_THAT(Server().Put(bucket, "k", "0123456789"), IsOk());
  const std::shared_ptr<s3::S3Store> store =
      s3::S3Store::Make(Server().OptionsFor(bucket)).ValueOrDie();
  const auto listed = store->List({}, {}).ValueOrDie().objects.at(0);
  base::ThreadPool io(1);
  s3::ObjectFile file(
      std::make_shared<s3::ObjectReader>(store, listed, /*fresh_connections=*/false,
                                         /*checksum=*/std::nullopt, std::stop_token()),
      io);
  EXPECT_EQ(file.ReadAt(4, 100).ValueOrDie()->ToString(), "456789");
  ASSERT_THAT(Server().Put(bucket, "k", "abcdefghij"), IsOk());
  EXPECT_THAT(file.ReadAt(0, 1), IsError(ErrorKind::kChanged));
}

}  // namespace
}  // namespace integration
