#include "s3/object_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "arrow/util/future.h"
#include "base/testing.h"
#include "s3/memory_store.h"

namespace s3 {
namespace {

using base::ErrorKind;
using base::IsError;
using base::IsOk;

class ObjectFileTest : public testing::Test {
 protected:
  void SetUp() override {
    store_->Put("k", "0123456789");
    listed_ = store_->List({}, {}).ValueOrDie().objects.at(0);
  }

  std::shared_ptr<MemoryStore> store_ = std::make_shared<MemoryStore>();
  base::ThreadPool io_{1};
  ObjectInfo listed_;
};

TEST_F(ObjectFileTest, KnowsItsSizeWithoutARequest) {
  ObjectFile file(store_, listed_, io_, {});
  EXPECT_EQ(file.GetSize().ValueOrDie(), 10);
  EXPECT_EQ(store_->calls().gets, 0);
}

TEST_F(ObjectFileTest, ReadsAheadOnAThreadOfThePool) {
  auto file = std::make_shared<ObjectFile>(store_, listed_, io_, std::stop_token());
  auto bytes = file->ReadAsync({}, 3, 4);
  file.reset();
  EXPECT_EQ(bytes.result().ValueOrDie()->ToString(), "3456");
}

TEST_F(ObjectFileTest, ReadsEachRangeWithOneGetOfExactlyThatRange) {
  ObjectFile file(store_, listed_, io_, {});
  EXPECT_EQ(file.ReadAt(2, 3).ValueOrDie()->ToString(), "234");
  EXPECT_EQ(store_->calls().gets, 1);
  EXPECT_EQ(store_->calls().bytes, 3);
  char out[4] = {};
  EXPECT_EQ(file.ReadAt(5, 3, out).ValueOrDie(), 3);
  EXPECT_STREQ(out, "567");
}

TEST_F(ObjectFileTest, ClipsAtTheEndAndAsksNothingForNoBytes) {
  ObjectFile file(store_, listed_, io_, {});
  EXPECT_EQ(file.ReadAt(8, 100).ValueOrDie()->ToString(), "89");
  EXPECT_EQ(file.ReadAt(10, 5).ValueOrDie()->size(), 0);
  EXPECT_EQ(file.ReadAt(3, 0).ValueOrDie()->size(), 0);
  EXPECT_EQ(store_->calls().gets, 1);
  EXPECT_FALSE(file.ReadAt(11, 1).ok());
  EXPECT_FALSE(file.ReadAt(-1, 1).ok());
}

TEST_F(ObjectFileTest, ReadsOnFromItsPosition) {
  ObjectFile file(store_, listed_, io_, {});
  EXPECT_EQ(file.Read(4).ValueOrDie()->ToString(), "0123");
  EXPECT_EQ(file.Tell().ValueOrDie(), 4);
  ASSERT_THAT(file.Seek(7), IsOk());
  char out[10] = {};
  EXPECT_EQ(file.Read(10, out).ValueOrDie(), 3);
  EXPECT_STREQ(out, "789");
  EXPECT_EQ(file.Read(1).ValueOrDie()->size(), 0);
  EXPECT_FALSE(file.Seek(11).ok());
}

TEST_F(ObjectFileTest, NoticesThatTheObjectWasReplaced) {
  ObjectFile file(store_, listed_, io_, {});
  store_->Put("k", "abcdefghij");
  EXPECT_THAT(file.ReadAt(0, 1), IsError(ErrorKind::kChanged));
}

TEST_F(ObjectFileTest, StopsWhenAskedTo) {
  std::stop_source stop;
  ObjectFile file(store_, listed_, io_, stop.get_token());
  stop.request_stop();
  EXPECT_THAT(file.ReadAt(0, 1), IsError(ErrorKind::kCancelled));
}

TEST_F(ObjectFileTest, RefusesReadsOnceClosed) {
  ObjectFile file(store_, listed_, io_, {});
  EXPECT_FALSE(file.closed());
  ASSERT_THAT(file.Close(), IsOk());
  EXPECT_TRUE(file.closed());
  EXPECT_FALSE(file.ReadAt(0, 1).ok());
  EXPECT_FALSE(file.Tell().ok());
}

TEST_F(ObjectFileTest, AnArchivedObjectIsOfKindArchived) {
  store_->Put("k", "0123456789", {}, "GLACIER");
  EXPECT_THAT(ObjectFile(store_, listed_, io_, {}).ReadAt(0, 1), IsError(ErrorKind::kArchived));
}

}  // namespace
}  // namespace s3
