#include "source/outcomes.h"

#include <gtest/gtest.h>

#include "base/testing.h"
#include "source/testing/testing.h"

namespace source {
namespace {

using base::ErrorKind;
using base::HasMessage;
using base::IsError;
using base::IsOk;
using base::MakeError;
using testing::ElementsAre;
using testing::IsEmpty;

class OutcomesTest : public testing::Test {
 protected:
  OutcomesTest() {
    for (const char* key : {"a", "b", "c"}) table_.objects.push_back({.listing = {.key = key}});
  }

  void Fail(Outcomes& outcomes, size_t object, ErrorKind kind, const std::string& message) {
    outcomes.Failed(table_, table_.objects[object], MakeError(kind, message));
  }

  CapturedLog log_;
  RecordingSink sink_;
  PlannedTable table_{.name = "t"};
};

TEST_F(OutcomesTest, MalformedAndDeletedObjectsAreWarnedOfAndTheSyncEndsWell) {
  Outcomes outcomes(log_.logger(), &sink_, {});
  Fail(outcomes, 0, ErrorKind::kCorrupt, "no magic");
  Fail(outcomes, 1, ErrorKind::kUnsupported, "encrypted");
  Fail(outcomes, 2, ErrorKind::kNotFound, "gone");
  EXPECT_THAT(outcomes.Result(), IsOk());
  EXPECT_EQ(outcomes.warnings(), 3);
  EXPECT_THAT(sink_.errors(), IsEmpty());
  EXPECT_THAT(
      log_.Messages("warn"),
      ElementsAre("object skipped: no magic", "object skipped: encrypted", "object skipped: gone"));
  EXPECT_EQ(table_.objects[0].outcome, Outcome::kMalformed);
  EXPECT_EQ(table_.objects[0].reason, ErrorKind::kCorrupt);
  EXPECT_EQ(table_.objects[1].outcome, Outcome::kMalformed);
  EXPECT_EQ(table_.objects[2].outcome, Outcome::kGone);
}

TEST_F(OutcomesTest, TheyAreFailuresWhenTheUserSaysSo) {
  Outcomes outcomes(log_.logger(), &sink_, {.fail_on_malformed = true});
  Fail(outcomes, 0, ErrorKind::kCorrupt, "no magic");
  EXPECT_THAT(outcomes.Result(), IsError(ErrorKind::kCorrupt));
}

TEST_F(OutcomesTest, ArchivedObjectsAreFailuresUnlessTheUserSaysOtherwise) {
  Outcomes strict(log_.logger(), &sink_, {});
  Fail(strict, 0, ErrorKind::kArchived, "archived");
  EXPECT_THAT(strict.Result(), IsError(ErrorKind::kArchived));
  Outcomes lenient(log_.logger(), &sink_, {.fail_on_archived = false});
  Fail(lenient, 1, ErrorKind::kArchived, "archived");
  EXPECT_THAT(lenient.Result(), IsOk());
  EXPECT_EQ(table_.objects[1].outcome, Outcome::kArchived);
}

TEST_F(OutcomesTest, AccessAndTransportMakeTheResultIncomplete) {
  Outcomes outcomes(log_.logger(), &sink_, {});
  Fail(outcomes, 0, ErrorKind::kTransport, "connection reset");
  EXPECT_THAT(outcomes.Result(),
              HasMessage("1 object could not be read, so the result is incomplete and no stale "
                         "rows are deleted; \"a\": connection reset"));
  Fail(outcomes, 1, ErrorKind::kAccess, "denied");
  EXPECT_THAT(outcomes.Result(),
              HasMessage("2 objects could not be read, so the result is incomplete and no stale "
                         "rows are deleted; the first is \"a\": connection reset"));
  EXPECT_THAT(outcomes.Result(), IsError(ErrorKind::kTransport));
  EXPECT_THAT(sink_.errors(),
              ElementsAre("t: object \"a\": connection reset", "t: object \"b\": denied"));
  EXPECT_THAT(log_.Messages("error"),
              ElementsAre("object failed: connection reset", "object failed: denied"));
}

TEST_F(OutcomesTest, ATableThatFailsTakesItsPendingObjectsWithIt) {
  Outcomes outcomes(log_.logger(), &sink_, {});
  Fail(outcomes, 0, ErrorKind::kCorrupt, "no magic");
  table_.announced.emplace();
  outcomes.TableFailed(table_, MakeError(ErrorKind::kConfig, "table \"t\" is called like another"));
  EXPECT_EQ(table_.objects[0].outcome, Outcome::kMalformed);
  EXPECT_EQ(table_.objects[1].outcome, Outcome::kFailed);
  EXPECT_FALSE(table_.announced.has_value());
  EXPECT_THAT(outcomes.Result(),
              HasMessage("1 table could not be read, so the result is incomplete and no stale rows "
                         "are deleted; table \"t\" is called like another"));
  EXPECT_THAT(sink_.errors(), ElementsAre("t: table \"t\" is called like another"));
}

TEST_F(OutcomesTest, ACancellationIsNobodysFailure) {
  Outcomes outcomes(log_.logger(), &sink_, {.fail_on_malformed = true});
  outcomes.Failed(table_, table_.objects[0], base::Cancelled());
  EXPECT_THAT(outcomes.Result(), IsOk());
  EXPECT_THAT(sink_.errors(), IsEmpty());
  EXPECT_TRUE(table_.objects[0].is_pending());
}

TEST_F(OutcomesTest, AnObjectOfThePlanThatNobodySpeaksOfFailsTheSync) {
  Outcomes outcomes(log_.logger(), &sink_, {});
  outcomes.Delivered(table_, table_.objects[0], {.listed = &table_.objects[0].listing});
  table_.objects[1].decision = Decision::kKnown;
  const arrow::Status checked = CheckNothingIsPending({&table_, 1});
  EXPECT_THAT(checked, IsError(ErrorKind::kOther));
  EXPECT_THAT(base::MessageOf(checked),
              testing::StartsWith(
                  "1 object of the plan was neither delivered nor reported, such as \"c\"."));
  Fail(outcomes, 2, ErrorKind::kAccess, "denied");
  EXPECT_THAT(CheckNothingIsPending({&table_, 1}), IsOk());
}

TEST(SeverityOf, WhatMayComeBackIsAlwaysAFailure) {
  for (const ErrorKind kind :
       {ErrorKind::kConfig, ErrorKind::kAccess, ErrorKind::kChanged, ErrorKind::kThrottled,
        ErrorKind::kTransport, ErrorKind::kLimit, ErrorKind::kOther}) {
    EXPECT_EQ(SeverityOf(kind, {.fail_on_archived = false}), Severity::kFailure)
        << base::ErrorKindName(kind);
  }
}

}  // namespace
}  // namespace source
