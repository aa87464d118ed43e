#include "source/state/cursor.h"

#include <gtest/gtest.h>

#include "base/testing.h"

namespace source {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using testing::ElementsAre;

s3::Timestamp At(int64_t hour) { return s3::Timestamp(hours(100'000 + hour)); }

s3::ObjectInfo Object(const std::string& key, s3::Timestamp time, const std::string& etag = "e") {
  return {.key = key, .etag = etag, .last_modified = time};
}

const Scope kWhole;
const CursorOptions kOptions;

TableCursor After(const TableCursor& before, const std::vector<ObjectOutcome>& outcomes,
                  const Scope& scope = kWhole, const CursorOptions& options = kOptions) {
  auto next = before.Advance(scope, At(1'000'000), options, outcomes, before.RecordOf(scope.shard));
  EXPECT_THAT(next.record.Validate(), base::IsOk());
  return TableCursor(next.plain, {next.record});
}

std::vector<ObjectOutcome> Delivered(const std::vector<s3::ObjectInfo>& objects) {
  std::vector<ObjectOutcome> outcomes;
  for (const auto& object : objects) outcomes.push_back({&object, ObjectOutcome::kDelivered, ""});
  return outcomes;
}

TEST(TableCursor, WithoutStateEverythingIsNew) {
  EXPECT_EQ(TableCursor().Decide(Object("a", At(0))), Decision::kRead);
}

TEST(TableCursor, APlainCursorAloneStandsForEverythingUpToIt) {
  const TableCursor cursor(At(5), {});
  EXPECT_EQ(cursor.Decide(Object("a", At(5))), Decision::kKnown);
  EXPECT_EQ(cursor.Decide(Object("a", At(5) + std::chrono::nanoseconds(1))), Decision::kRead);
}

TEST(TableCursor, ALateObjectOfAnyDateIsNewAndWhatWasDeliveredIsNot) {
  const std::vector<s3::ObjectInfo> objects = {Object("a", At(0)), Object("b", At(30))};
  const auto cursor = After({}, Delivered(objects));
  for (const auto& object : objects) EXPECT_EQ(cursor.Decide(object), Decision::kKnown);
  EXPECT_EQ(cursor.Decide(Object("late", At(7))), Decision::kRead);
  EXPECT_EQ(cursor.Decide(Object("very late", At(-50'000))), Decision::kRead);
  EXPECT_EQ(cursor.Decide(Object("b", At(30), "other")), Decision::kRead);
  EXPECT_EQ(cursor.Decide(Object("c", At(30))), Decision::kRead);
}

TEST(TableCursor, ADateIsTakenOverOnceAndDecidesAboutNothingAfterwards) {
  const std::vector<s3::ObjectInfo> objects = {Object("a", At(0)), Object("b", At(4))};
  TableCursor cursor(At(5), {});
  cursor = After(cursor, Delivered(objects));
  for (const auto& object : objects) EXPECT_EQ(cursor.Decide(object), Decision::kKnown);
  EXPECT_EQ(cursor.Decide(Object("late", At(3))), Decision::kRead);
}

TEST(TableCursor, ACheckpointTakesOverWhatTheDateSaidOfTheObjectsThatAreListed) {
  const TableCursor before(At(5), {});
  CursorRecord record = before.RecordOf({});
  const auto old = Object("a", At(0)), fresh = Object("b", At(9));
  record.Extend(kWhole, {HashOf(old)}, {HashOf(fresh)});
  const TableCursor cursor(At(5), {record});
  EXPECT_EQ(cursor.Decide(old), Decision::kKnown);
  EXPECT_EQ(cursor.Decide(fresh), Decision::kKnown);
  EXPECT_EQ(cursor.Decide(Object("late", At(3))), Decision::kRead);
  EXPECT_EQ(cursor.Decide(Object("c", At(10))), Decision::kRead);
}

TEST(TableCursor, ForgetsWhatIsListedNoMoreAndKeepsWhatAnotherSyncHasAdded) {
  const std::vector<s3::ObjectInfo> objects = {Object("a", At(0)), Object("b", At(1))};
  const auto before = After({}, Delivered(objects));
  CursorRecord stored = before.RecordOf({});
  const auto other = Object("c", At(2));
  stored.Extend(kWhole, {}, {HashOf(other)});
  const auto next = before.Advance(kWhole, At(1000), kOptions, Delivered({objects[0]}), stored);
  const TableCursor cursor(next.plain, {next.record});
  EXPECT_EQ(cursor.Decide(objects[0]), Decision::kKnown);
  EXPECT_EQ(cursor.Decide(objects[1]), Decision::kRead);
  EXPECT_EQ(cursor.Decide(other), Decision::kKnown);
}

TEST(TableCursor, VouchesForNothingUnderOtherRulesOfMembership) {
  const std::vector<s3::ObjectInfo> objects = {Object("a", At(0)), Object("b", At(100))};
  const Scope narrow{.membership = "narrow"}, wide{.membership = "wide"};
  auto cursor = After({}, Delivered(objects), narrow);
  for (const auto& object : objects) {
    EXPECT_EQ(cursor.Decide(object, "", "narrow"), Decision::kKnown);
    EXPECT_EQ(cursor.Decide(object, "", "wide"), Decision::kRead);
    EXPECT_EQ(cursor.Decide(object), Decision::kRead);
  }
  cursor = After(cursor, Delivered(objects), wide);
  EXPECT_EQ(cursor.Decide(objects[0], "", "wide"), Decision::kKnown);
  EXPECT_EQ(cursor.Decide(objects[0], "", "narrow"), Decision::kKnown) << "both are remembered";
  EXPECT_EQ(TableCursor(At(200), {}).Decide(objects[0], "", "wide"), Decision::kRead)
      << "a plain cursor is that of the rule of folders";
}

TEST(TableCursor, NeverPassesAnObjectThatFailed) {
  const auto good = Object("a", At(100)), bad = Object("b", At(50));
  const auto next = TableCursor().Advance(
      kWhole, At(1000), kOptions,
      {{&good, ObjectOutcome::kDelivered, ""}, {&bad, ObjectOutcome::kFailed, ""}}, CursorRecord{});
  ASSERT_TRUE(next.plain.has_value());
  EXPECT_EQ(*next.plain, At(50) - std::chrono::nanoseconds(1));
  const TableCursor cursor(next.plain, {next.record});
  EXPECT_EQ(cursor.Decide(bad), Decision::kRead);
  EXPECT_EQ(cursor.Decide(good), Decision::kKnown);
}

TEST(TableCursor, AMalformedObjectIsTriedThreeTimesMoreThenRestsUntilItChanges) {
  const auto bad = Object("b", At(0)), newer = Object("c", At(1000));
  TableCursor cursor;
  for (int sync = 0; sync < 4; ++sync) {
    EXPECT_EQ(cursor.Decide(bad), Decision::kRead) << sync;
    cursor = After(cursor, {{&bad, ObjectOutcome::kMalformed, "corrupt"},
                            {&newer, ObjectOutcome::kDelivered, ""}});
  }
  for (int sync = 0; sync < 3; ++sync) {
    EXPECT_EQ(cursor.Decide(bad), Decision::kSkip);
    EXPECT_EQ(cursor.UndeliveredOf(bad)->reason, "corrupt");
    cursor = After(
        cursor, {{&bad, ObjectOutcome::kMalformed, ""}, {&newer, ObjectOutcome::kDelivered, ""}});
  }
  EXPECT_EQ(cursor.Decide(Object("b", At(1000), "repaired")), Decision::kRead);
}

TEST(TableCursor, AMalformedObjectThatRestsIsTriedAgainUnderOtherConditions) {
  const auto bad = Object("b", At(0)), newer = Object("c", At(1000));
  const CursorOptions old{.conditions = "v1"};
  TableCursor cursor;
  const auto sync = [&](const CursorOptions& options) {
    cursor = After(
        cursor,
        {{&bad, ObjectOutcome::kMalformed, "corrupt"}, {&newer, ObjectOutcome::kDelivered, ""}},
        kWhole, options);
  };
  for (int i = 0; i < 4; ++i) sync(old);
  EXPECT_EQ(cursor.Decide(bad, "v1"), Decision::kSkip);
  EXPECT_EQ(cursor.Decide(bad, "v2"), Decision::kRead);
  const CursorOptions now{.conditions = "v2"};
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(cursor.Decide(bad, "v2"), Decision::kRead) << i;
    sync(now);
  }
  EXPECT_EQ(cursor.Decide(bad, "v2"), Decision::kSkip);
}

TEST(TableCursor, AnArchivedObjectIsTriedForEverAndHoldsNothingBack) {
  const auto cold = Object("a", At(0)), newer = Object("b", At(1000));
  TableCursor cursor;
  for (int sync = 0; sync < 10; ++sync) {
    EXPECT_EQ(cursor.Decide(cold), Decision::kRead) << sync;
    cursor = After(
        cursor, {{&cold, ObjectOutcome::kArchived, ""}, {&newer, ObjectOutcome::kDelivered, ""}});
    EXPECT_EQ(cursor.Decide(newer), Decision::kKnown);
    EXPECT_EQ(cursor.Decide(Object("older", At(500))), Decision::kRead);
  }
  cursor = After(cursor,
                 {{&cold, ObjectOutcome::kDelivered, ""}, {&newer, ObjectOutcome::kDelivered, ""}});
  EXPECT_EQ(cursor.Decide(cold), Decision::kKnown);
}

TEST(TableCursor, MoreMalformedObjectsThanAreKeptAreTriedAgain) {
  const auto a = Object("a", At(100)), b = Object("b", At(200)), c = Object("c", At(900));
  const auto next = TableCursor().Advance(kWhole, At(1000), {.max_undelivered = 1},
                                          {{&a, ObjectOutcome::kMalformed, "corrupt"},
                                           {&b, ObjectOutcome::kMalformed, "corrupt"},
                                           {&c, ObjectOutcome::kDelivered, ""}},
                                          CursorRecord{});
  const TableCursor cursor(next.plain, {next.record});
  EXPECT_EQ(cursor.Decide(a), Decision::kRead);
  EXPECT_EQ(cursor.Decide(b), Decision::kRead);
  EXPECT_EQ(cursor.Decide(c), Decision::kKnown);
}

TEST(TableCursor, ANarrowerPrefixHidesNothing) {
  const std::vector<s3::ObjectInfo> narrow = {Object("data/a/1", At(50))};
  auto cursor = After({}, Delivered(narrow), {.prefix = "data/a/"});
  const auto outside = Object("data/b/1", At(1));
  EXPECT_EQ(cursor.Decide(narrow[0]), Decision::kKnown);
  EXPECT_EQ(cursor.Decide(outside), Decision::kRead);
  const std::vector<s3::ObjectInfo> all = {narrow[0], outside};
  cursor = After(cursor, Delivered(all), {.prefix = "data/"});
  EXPECT_EQ(cursor.Decide(outside), Decision::kKnown);
}

TEST(TableCursor, WhatAWiderSyncDeliveredIsKnownAfterANarrowerOne) {
  const std::vector<s3::ObjectInfo> all = {Object("a/1", At(50)), Object("b/1", At(60))};
  auto cursor = After({}, Delivered(all));
  const std::vector<s3::ObjectInfo> narrow = {all[0], Object("a/2", At(500))};
  cursor = After(cursor, Delivered(narrow), {.prefix = "a/"});
  EXPECT_EQ(cursor.Decide(all[1]), Decision::kKnown);
  EXPECT_EQ(cursor.Decide(narrow[1]), Decision::kKnown);
  EXPECT_EQ(cursor.Decide(Object("b/2", At(400))), Decision::kRead);
}

TEST(TableCursor, AServerWhoseClockIsAheadDoesNotMakeNewObjectsOld) {
  const std::vector<s3::ObjectInfo> objects = {Object("a", At(0)), Object("future", At(5000))};
  const auto next =
      TableCursor().Advance(kWhole, At(10), kOptions, Delivered(objects), CursorRecord{});
  EXPECT_EQ(*next.plain, At(10));
  const TableCursor cursor(next.plain, {next.record});
  EXPECT_EQ(cursor.Decide(objects[1]), Decision::kKnown);
  EXPECT_EQ(cursor.Decide(Object("b", At(11))), Decision::kRead);
}

TEST(TableCursor, ACursorThatWasSetBackIsObeyed) {
  const std::vector<s3::ObjectInfo> objects = {Object("a", At(0)), Object("b", At(100))};
  const auto next =
      TableCursor().Advance(kWhole, At(1000), kOptions, Delivered(objects), CursorRecord{});
  const TableCursor cursor(At(50), {next.record});
  EXPECT_TRUE(cursor.rewound());
  EXPECT_EQ(cursor.Decide(objects[0]), Decision::kKnown);
  EXPECT_EQ(cursor.Decide(objects[1]), Decision::kRead);
}

TEST(TableCursor, ACursorThatSomebodyElseSetForwardHidesNothingOfOurs) {
  const std::vector<s3::ObjectInfo> objects = {Object("a", At(0))};
  const auto next =
      TableCursor().Advance(kWhole, At(1000), kOptions, Delivered(objects), CursorRecord{});
  const TableCursor cursor(At(500), {next.record});
  EXPECT_FALSE(cursor.rewound());
  EXPECT_EQ(cursor.Decide(Object("b", At(400))), Decision::kRead);
}

TEST(TableCursor, TheOrderOfOutcomesDoesNotMatter) {
  std::vector<s3::ObjectInfo> objects;
  for (int i = 0; i < 50; ++i) objects.push_back(Object("k" + std::to_string(i), At(i % 7)));
  auto outcomes = Delivered(objects);
  for (int i = 0; i < 50; i += 5) outcomes[i] = {&objects[i], ObjectOutcome::kMalformed, "corrupt"};
  const CursorOptions tight{.max_undelivered = 5};
  const auto forward = TableCursor().Advance(kWhole, At(9), tight, outcomes, CursorRecord{});
  std::reverse(outcomes.begin(), outcomes.end());
  const auto backward = TableCursor().Advance(kWhole, At(9), tight, outcomes, CursorRecord{});
  EXPECT_EQ(forward.record.coverages, backward.record.coverages);
}

TEST(CursorRecord, ValidateFindsContradictions) {
  const auto broken = [](Coverage coverage) {
    return CursorRecord{.coverages = {std::move(coverage)}}.Validate();
  };
  EXPECT_THAT(broken({.cursor = At(0), .delivered_before = At(1)}),
              base::IsError(base::ErrorKind::kCorrupt));
  EXPECT_THAT(broken({.undelivered = {{.key = "a", .attempts = 0}}}),
              base::IsError(base::ErrorKind::kCorrupt));
  EXPECT_THAT((CursorRecord{.shard = {.num = 3, .total = 2}}).Validate(),
              base::IsError(base::ErrorKind::kCorrupt));
}

}  // namespace
}  // namespace source
