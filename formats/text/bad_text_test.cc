// Text that is not as it should be: the table in docs/reliability.md. What a sync makes of the
// errors is tested in tests/e2e/test_bad_text.py.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "arrow/util/compression.h"
#include "base/testing.h"
#include "formats/format.h"
#include "formats/text/testing/read_text.h"

namespace formats {
namespace {

using base::IsError;
using base::IsOk;
using testing::ElementsAre;
using testing::HasSubstr;

arrow::Result<ReadText> Csv(const std::string& content, const TextOptions& options = {}) {
  return ReadTextObject(*FindFormat("csv", options), "a.csv", content);
}

arrow::Result<ReadText> Json(const std::string& content, const TextOptions& options = {}) {
  return ReadTextObject(*FindFormat("jsonl", options), "a.json", content);
}

void ExpectCorrupt(const arrow::Result<ReadText>& read, const std::string& words) {
  EXPECT_THAT(read.status(), IsError(base::ErrorKind::kCorrupt));
  EXPECT_THAT(read.status().ToString(), HasSubstr(words));
}

const TextOptions kSkip = {.on_malformed_row = MalformedRow::kSkip};

TEST(BadCsv, RaggedRowsAreMalformedOrSkippedButKeepTheirPositions) {
  const std::string content = "a,b\n1,2\n3\n4,5\n6,7,8\n\n9,10\n";
  ExpectCorrupt(Csv(content), "line 3: the row has 1 values where the header has 2");
  const auto read = Csv(content, kSkip);
  ASSERT_THAT(read, IsOk());
  EXPECT_EQ(read->rows->num_rows(), 3);
  EXPECT_THAT(read->positions, ElementsAre(0, 2, 4));
  EXPECT_EQ(read->skipped.count, 2);
  EXPECT_THAT(read->skipped.lines, ElementsAre(3, 5));
}

TEST(BadCsv, AnOpenQuoteIsMalformedEvenWhereMalformedRowsAreSkipped) {
  const std::string content = "a,b\n1,2\n3,\"x\n5,6\n";
  ExpectCorrupt(Csv(content), "line 3: a quote is not closed");
  ExpectCorrupt(Csv(content, kSkip), "line 3: a quote is not closed");
  ExpectCorrupt(Csv("a,b\n1,\"x\"y\n"), "line 2: there is text behind a closing quote");
}

TEST(BadCsv, AQuoteThatIsNotClosedWithinTheMemoryOfARowIsALimit) {
  std::string content = "a,b\n1,2\n3,\"";
  for (int i = 0; i < 300'000; ++i) content += "x,1\n";
  const auto read = ReadTextObject(*FindFormat("csv"), "a.csv", content, {}, 1 << 20, 4 << 20);
  EXPECT_THAT(read.status(), IsError(base::ErrorKind::kLimit));
  EXPECT_THAT(read.status().ToString(), HasSubstr("line 3"));
}

TEST(BadCsv, InvalidUtf8AndNulBytesAreValues) {
  const auto read = Csv(std::string("a,b\n\xff,x\ny,\0z\n", 13));
  ASSERT_THAT(read, IsOk());
  EXPECT_EQ(read->rows->num_rows(), 2);
}

TEST(BadCsv, BinaryUnderItsNameIsRefused) {
  ExpectCorrupt(Csv(std::string("\x00\x01\x02\x03,\x00\n\x00\n", 9)), "NUL");
  EXPECT_THAT(Csv("PK\x03\x04 and so on").status(), IsError(base::ErrorKind::kUnsupported));
}

TEST(BadCsv, AnEmptyFileAndAHeaderAloneHaveNoRows) {
  for (const char* content : {"", "\n\n", "\xef\xbb\xbf", "a,b", "a,b\n", "a,b\r\n\r\n"}) {
    const auto read = Csv(content);
    ASSERT_THAT(read, IsOk()) << content;
    EXPECT_EQ(read->rows->num_rows(), 0);
  }
  EXPECT_EQ(Csv("a,b\n")->rows->num_columns(), 2);
}

TEST(BadCsv, AByteOrderMarkInTheMiddleIsPartOfItsValue) {
  const auto read = Csv("a\nx\n\xef\xbb\xbfy\n");
  ASSERT_THAT(read, IsOk());
  EXPECT_EQ(CellOf(*read->rows, 0, 1), "\xef\xbb\xbfy");
}

TEST(BadCsv, CarriageReturnsAloneEndLines) {
  const auto read = Csv("a,b\r1,x\r2,y\r");
  ASSERT_THAT(read, IsOk());
  EXPECT_EQ(read->rows->num_rows(), 2);
}

TEST(BadCsv, NumbersOfAMillionDigitsAreText) {
  const std::string digits(1'000'000, '9');
  const auto read = Csv("a,b\n" + digits + ",1\n");
  ASSERT_THAT(read, IsOk());
  EXPECT_EQ(CellOf(*read->rows, 0, 0), digits);
}

TEST(BadCsv, HeadersWithRepeatedAndEmptyNamesKeepAllColumns) {
  const auto read = Csv("a,a,,\n1,x,true,2.5\n");
  ASSERT_THAT(read, IsOk());
  EXPECT_EQ(read->rows->num_columns(), 4);
  EXPECT_EQ(read->rows->schema()->field(1)->type()->ToString(), "string");
}

TEST(BadJson, LinesThatAreNoObjectsAreMalformedOrSkipped) {
  for (const char* line :
       {"[1]", "1", "{\"a\": 1", "{\"a\": 1} x", "{\"a\": nope}", "{\"a\": tru}", "{\"a\": 01x}",
        "{a: 1}", "{\"a\": \"\xff\"}", "{\"a\" 1}", "{\"a\": 1,}", "{\"a\": \"\\x\"}"}) {
    const std::string content = "{\"a\": 1}\n" + std::string(line) + "\n\n{\"a\": 3}\n";
    const auto read = Json(content);
    const bool misfits = read.ok() && read->misfits.size() == 1;
    EXPECT_TRUE(misfits || base::KindOf(read.status()) == base::ErrorKind::kCorrupt) << line;
    if (misfits) continue;
    EXPECT_THAT(read.status().ToString(), HasSubstr("line 2: ")) << line;
    const auto rest = Json(content, kSkip);
    ASSERT_THAT(rest, IsOk()) << line;
    EXPECT_THAT(rest->positions, ElementsAre(0, 2));
    EXPECT_THAT(rest->skipped.lines, ElementsAre(2));
  }
}

TEST(BadJson, AKeyThatComesTwiceIsMalformed) {
  ExpectCorrupt(Json("{\"a\": 1, \"a\": 2}\n"), "the key \"a\" comes twice");
  ExpectCorrupt(Json("{\"a\": {\"b\": 1, \"b\": 2}}\n"), "comes twice");
}

TEST(BadJson, DeepNestingIsJsonText) {
  const auto nested = [](int depth) {
    return "{\"a\": " + std::string(static_cast<size_t>(depth), '[') + "1" +
           std::string(static_cast<size_t>(depth), ']') + "}\n";
  };
  for (const int depth : {3, 500, 100'000}) {
    const auto read = Json(nested(depth));
    EXPECT_TRUE(read.ok() || base::KindOf(read.status()) == base::ErrorKind::kCorrupt) << depth;
    EXPECT_TRUE(read.ok() || depth > 500) << read.status();
  }
}

TEST(BadJson, NumbersKeepAllTheirDigits) {
  const std::string digits(1'000'000, '9');
  const auto read = Json("{\"a\": " + digits + "}\n");
  ASSERT_THAT(read, IsOk());
  EXPECT_EQ(CellOf(*read->rows, 0, 0), digits);
}

TEST(BadJson, AKeyThatNoSampleHasIsNotDroppedInSilence) {
  std::string content;
  for (int i = 0; i < 20'000; ++i) {
    content += i == 10'000 ? "{\"a\": 1, \"b\": 2}\n" : "{\"a\": 1}\n";
  }
  ExpectCorrupt(Json(content), "line 10001: the key \"b\"");
  const auto read = Json(content, {.infer = Inference::kFull});
  ASSERT_THAT(read, IsOk());
  EXPECT_EQ(CellOf(*read->rows, 1, 10'000), "2");
}

TEST(BadJson, ArraysMustBeClosedAndStandAlone) {
  EXPECT_EQ(Json("[]")->rows->num_rows(), 0);
  EXPECT_EQ(Json(" [ {\"a\": 1} ,\n {\"a\":\n2} ] ")->rows->num_rows(), 2);
  for (const char* content : {"[{\"a\": 1}", "[{\"a\": 1},]", "[{\"a\": 1} {\"a\": 2}]",
                              "[{\"a\": 1}] x", "[,{\"a\": 1}]"}) {
    ExpectCorrupt(Json(content), "not a valid array");
  }
  ExpectCorrupt(Json("[{\"a\": 1}, 2]"), "item 2: it is not a JSON object");
}

TEST(BadJson, WhatIsNoJsonAtAllIsRefused) {
  ExpectCorrupt(Json("a,b\n1,2\n"), "not JSON Lines");
  EXPECT_EQ(Json("")->rows->num_rows(), 0);
  EXPECT_EQ(Json("\n \n")->rows->num_rows(), 0);
}

TEST(BadJson, ValuesThatDoNotFitAreGivenBesideTheRows) {
  std::string content;
  for (int i = 0; i < 30'000; ++i) {
    content += i == 15'000 ? "{\"a\": \"x\", \"s\": {\"b\": [1, \"y\"]}}\n"
                           : "{\"a\": 1, \"s\": {\"b\": [2]}}\n";
  }
  const auto read = Json(content);
  ASSERT_THAT(read, IsOk());
  EXPECT_THAT(read->misfits, ElementsAre("a@line 15001=x", "s@line 15001={\"b\": [1, \"y\"]}"));
}

TEST(Text, IsTheSameInBlocksOfAnySize) {
  std::string csv = "n,t\n", json, array = "[";
  for (int i = 0; i < 30'000; ++i) {
    const std::string n = std::to_string(i);
    csv += n + ",\"x\n" + n + "\"\n";
    json += "{\"n\": " + n + ", \"t\": \"x\\n" + n + "\"}\n";
    array += (i == 0 ? "{\"n\": " : ",\n{\"n\": ") + n + ", \"t\": \"x\\n" + n + "\"}";
  }
  const auto format = FindFormat("auto");
  const auto whole = ReadTextObject(*format, "a.csv", csv, {}, int64_t{64} << 20);
  ASSERT_THAT(whole, IsOk());
  EXPECT_EQ(whole->positions.size(), 30'000);
  EXPECT_EQ(whole->positions.back(), 29'999);
  for (const auto& [key, content] :
       {std::pair{"a.csv", csv}, {"a.jsonl", json}, {"a.json", array + "]"}}) {
    const auto parts = ReadTextObject(*format, key, content, {}, 1);
    ASSERT_THAT(parts, IsOk()) << key;
    EXPECT_TRUE(parts->rows->CombineChunks().ValueOrDie()->Equals(
        *whole->rows->CombineChunks().ValueOrDie()))
        << key;
    EXPECT_EQ(parts->positions, whole->positions) << key;
  }
}

}  // namespace
}  // namespace formats
