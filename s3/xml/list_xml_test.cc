#include "s3/xml/list_xml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing.h"

namespace s3 {
namespace {

using base::ErrorKind;
using base::IsError;
using base::IsOk;
using std::chrono::nanoseconds;

std::string Contents(const std::string& key, const std::string& size = "1",
                     const std::string& time = "2024-05-06T07:08:09.123Z") {
  return "<Contents><Key>" + key + "</Key><LastModified>" + time +
         "</LastModified><ETag>&quot;d41d-2&quot;</ETag><Size>" + size +
         "</Size><StorageClass>STANDARD_IA</StorageClass></Contents>";
}

std::string Listing(const std::string& content,
                    const std::string& tail = "<IsTruncated>false</IsTruncated>") {
  return R"(<?xml version="1.0" encoding="UTF-8"?>)"
         R"(<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name>)"
         "<EncodingType>url</EncodingType>" +
         content + tail + "</ListBucketResult>";
}

TEST(ParseListPage, ReadsEveryFieldOfAnObject) {
  const auto page = ParseListPage(Listing(Contents("a%2Fb", "5368709120")));
  ASSERT_THAT(page, IsOk());
  const ObjectInfo expected{.key = "a/b",
                            .size_bytes = 5368709120,
                            .etag = "\"d41d-2\"",
                            .last_modified = Timestamp(nanoseconds(1714979289'123'000'000)),
                            .storage_class = "STANDARD_IA"};
  EXPECT_THAT(page->objects, testing::ElementsAre(expected));
  EXPECT_FALSE(page->continuation.has_value());
}

TEST(ParseListPage, DecodesKeysOnlyWhenTheServerEncodedThem) {
  EXPECT_EQ(ParseListPage(Listing(Contents("a+b%2Bc%25d%C3%BC")))->objects.at(0).key,
            "a b+c%d\u00fc");
  const std::string plain = "<ListBucketResult>" + Contents("a+b%2B&amp; ") + Contents("  ") +
                            "<IsTruncated>false</IsTruncated></ListBucketResult>";
  EXPECT_EQ(ParseListPage(plain)->objects.at(0).key, "a+b%2B& ");
  EXPECT_EQ(ParseListPage(plain)->objects.at(1).key, "  ");
}

TEST(ParseListPage, AnIncompleteListingHasItsToken) {
  const auto page =
      ParseListPage(Listing(Contents("k"),
                            "<IsTruncated>true</IsTruncated>"
                            "<NextContinuationToken>1/a+b=%20</NextContinuationToken>"));
  ASSERT_THAT(page, IsOk());
  // Tokens are opaque: never decoded.
  EXPECT_EQ(page->continuation, "1/a+b=%20");
}

ObjectInfo With(const std::string& more) {
  return ParseListPage(Listing("<Contents><Key>k</Key><LastModified>2024-05-06T07:08:09Z"
                               "</LastModified><Size>0</Size>" +
                               more + "</Contents>"))
      .ValueOrDie()
      .objects.at(0);
}

TEST(ParseListPage, AnETagWithoutQuotesGetsThem) {
  EXPECT_EQ(With("<ETag>d41d-2</ETag>").etag, "\"d41d-2\"");
  EXPECT_EQ(With("<ETag>\"d41d-2\"</ETag>").etag, "\"d41d-2\"");
  EXPECT_EQ(With("<ETag></ETag>").etag, "");
}

TEST(ParseListPage, AnObjectIsRestoredOnceThatIsOverAndUntilItExpires) {
  const std::string expiry = "<RestoreExpiryDate>2040-12-21T00:00:00.000Z</RestoreExpiryDate>";
  const auto restored = [&](const std::string& progress, const std::string& more) {
    return With("<StorageClass>GLACIER</StorageClass><RestoreStatus><IsRestoreInProgress>" +
                progress + "</IsRestoreInProgress>" + more + "</RestoreStatus>");
  };
  EXPECT_TRUE(restored("false", expiry).restored);
  EXPECT_FALSE(IsArchived(restored("false", expiry)));
  EXPECT_TRUE(IsArchived(restored("true", "")));
  EXPECT_TRUE(IsArchived(restored("false", "")));
  EXPECT_TRUE(IsArchived(With("<StorageClass>DEEP_ARCHIVE</StorageClass>")));
  for (const char* readable : {"STANDARD", "GLACIER_IR", "INTELLIGENT_TIERING", ""}) {
    EXPECT_FALSE(IsArchived(With(std::string("<StorageClass>") + readable + "</StorageClass>")));
  }
}

TEST(ParseListPage, OnlyAChecksumOfTheWholeObjectIsOne) {
  const std::string algorithm = "<ChecksumAlgorithm>CRC32</ChecksumAlgorithm>";
  EXPECT_TRUE(With(algorithm + "<ChecksumType>FULL_OBJECT</ChecksumType>").whole_checksum);
  EXPECT_FALSE(With(algorithm + "<ChecksumType>COMPOSITE</ChecksumType>").whole_checksum);
  EXPECT_FALSE(With(algorithm).whole_checksum);
}

TEST(ParseListPage, AMissingStorageClassIsEmpty) {
  const auto page = ParseListPage(
      Listing("<Contents><Key>k</Key><LastModified>2024-05-06T07:08:09Z</LastModified>"
              "<Size>0</Size></Contents>"));
  ASSERT_THAT(page, IsOk());
  EXPECT_EQ(page->objects.at(0).storage_class, "");
  EXPECT_EQ(page->objects.at(0).etag, "");
}

TEST(ParseListPage, ABrokenListingIsARetryableTransportError) {
  const std::vector<std::string> broken = {
      "",
      "not xml",
      "<Other/>",
      "<Error><Code>InternalError</Code></Error>",
      Listing(Contents("k")).substr(0, 200),
      Listing(Contents("k"), ""),
      Listing(Contents("k"), "<IsTruncated>maybe</IsTruncated>"),
      Listing(Contents("k"), "<IsTruncated>true</IsTruncated>"),
      Listing(Contents("")),
      Listing(Contents("bad%2")),
      Listing(Contents("bad%zz")),
      Listing(Contents("k", "")),
      Listing(Contents("k", "-1")),
      Listing(Contents("k", "12x")),
      Listing(Contents("k", "99999999999999999999")),
      Listing(Contents("k", "1", "yesterday")),
  };
  for (const auto& xml : broken) {
    const auto page = ParseListPage(xml);
    EXPECT_THAT(page, IsError(ErrorKind::kTransport)) << xml;
    EXPECT_TRUE(base::InfoOf(page.status()).retryable) << xml;
  }
}

TEST(UrlDecode, TakesBothCasesOfHexDigits) {
  EXPECT_EQ(UrlDecode("%c3%BC+%2b"), "\u00fc +");
  EXPECT_EQ(UrlDecode(""), "");
  EXPECT_EQ(UrlDecode("%"), std::nullopt);
  EXPECT_EQ(UrlDecode("%4"), std::nullopt);
  EXPECT_EQ(UrlDecode("%4g"), std::nullopt);
}

}  // namespace
}  // namespace s3
