#include "source/failures.h"

#include <gtest/gtest.h>

#include "base/testing.h"
#include "source/testing.h"

namespace source {
namespace {

using base::ErrorKind;
using base::HasMessage;
using base::IsError;
using base::IsOk;
using base::MakeError;
using testing::ElementsAre;
using testing::IsEmpty;

class FailuresTest : public testing::Test {
 protected:
  CapturedLog log_;
  RecordingSink sink_;
};

TEST_F(FailuresTest, MalformedAndMissingObjectsAreWarnedOfAndTheSyncEndsWell) {
  Failures failures(log_.logger(), &sink_, /*fail_on_malformed=*/false);
  failures.Report("t", "a", MakeError(ErrorKind::kCorrupt, "no magic"));
  failures.Report("t", "b", MakeError(ErrorKind::kUnsupported, "encrypted"));
  failures.Report("t", "c", MakeError(ErrorKind::kNotFound, "gone"));
  EXPECT_THAT(failures.Outcome(), IsOk());
  EXPECT_EQ(failures.warnings(), 3);
  EXPECT_THAT(sink_.errors(), IsEmpty());
  EXPECT_THAT(log_.Messages("warn"),
              ElementsAre("object left out: no magic", "object left out: encrypted",
                          "object left out: gone"));
}

TEST_F(FailuresTest, TheyAreFailuresWhenTheUserSaysSo) {
  Failures failures(log_.logger(), &sink_, /*fail_on_malformed=*/true);
  failures.Report("t", "a", MakeError(ErrorKind::kCorrupt, "no magic"));
  EXPECT_THAT(failures.Outcome(), IsError(ErrorKind::kCorrupt));
}

TEST_F(FailuresTest, AccessAndTransportMakeTheResultIncomplete) {
  Failures failures(log_.logger(), &sink_, /*fail_on_malformed=*/false);
  failures.Report("t", "a/1.parquet", MakeError(ErrorKind::kTransport, "connection reset"));
  EXPECT_THAT(failures.Outcome(),
              HasMessage("1 object could not be read, so the result is incomplete and no stale "
                         "rows are deleted; \"a/1.parquet\": connection reset"));
  failures.Report("t", "a/2.parquet", MakeError(ErrorKind::kAccess, "denied"));
  EXPECT_THAT(failures.Outcome(),
              HasMessage("2 objects could not be read, so the result is incomplete and no stale "
                         "rows are deleted; the first is \"a/1.parquet\": connection reset"));
  EXPECT_THAT(failures.Outcome(), IsError(ErrorKind::kTransport));
  EXPECT_THAT(sink_.errors(), ElementsAre("t: object \"a/1.parquet\": connection reset",
                                          "t: object \"a/2.parquet\": denied"));
  EXPECT_THAT(log_.Messages("error"),
              ElementsAre("object failed: connection reset", "object failed: denied"));
}

TEST_F(FailuresTest, ACancellationIsNobodysFailure) {
  Failures failures(log_.logger(), &sink_, /*fail_on_malformed=*/true);
  failures.Report("t", "a", base::Cancelled());
  EXPECT_THAT(failures.Outcome(), IsOk());
  EXPECT_THAT(sink_.errors(), IsEmpty());
}

TEST(SeverityOf, OnlyMalformedAndMissingObjectsAreEverJustWarnedOf) {
  for (const ErrorKind kind :
       {ErrorKind::kConfig, ErrorKind::kAccess, ErrorKind::kChanged, ErrorKind::kThrottled,
        ErrorKind::kTransport, ErrorKind::kLimit, ErrorKind::kOther}) {
    EXPECT_EQ(SeverityOf(kind, false), Severity::kFailure) << base::ErrorKindName(kind);
  }
}

}  // namespace
}  // namespace source
