#include "s3/http/url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace s3 {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(SplitUrl, FindsAllPartsAsTheyAreWritten) {
  const UrlParts parts = SplitUrl("https://me:pa%40ss@h.example:8443//a/../b%20c?x=1&y=/@z#end");
  EXPECT_EQ(parts.scheme, "https");
  EXPECT_EQ(parts.user_info, "me:pa%40ss");
  EXPECT_EQ(parts.authority, "h.example:8443");
  EXPECT_EQ(parts.path, "//a/../b%20c");
  EXPECT_EQ(parts.query, "x=1&y=/@z");
}

TEST(SplitUrl, LeavesEmptyWhatIsMissing) {
  const UrlParts host_alone = SplitUrl("http://h");
  EXPECT_EQ(host_alone.authority, "h");
  EXPECT_EQ(host_alone.user_info, "");
  EXPECT_EQ(host_alone.path, "");
  EXPECT_EQ(SplitUrl("http://h?q").path, "");
  EXPECT_EQ(SplitUrl("http://h?q").query, "q");
}

TEST(HostHeader, NamesNoPortThatIsTheSchemesOwn) {
  const auto host = [](std::string_view url) { return HostHeader(SplitUrl(url)); };
  EXPECT_EQ(host("https://h:443/"), "h");
  EXPECT_EQ(host("http://u:p@h:80"), "h");
  EXPECT_EQ(host("http://h:443"), "h:443");
  EXPECT_EQ(host("https://[::1]:9000/k"), "[::1]:9000");
}

TEST(ShownUrl, IsTheUrlWhenNothingInItCanBeSecret) {
  EXPECT_EQ(ShownUrl("https://sts.eu-west-1.amazonaws.com"), "https://sts.eu-west-1.amazonaws.com");
  EXPECT_EQ(ShownUrl("http://127.0.0.1:9000/path"), "http://127.0.0.1:9000/path");
}

TEST(ShownUrl, ShowsNeitherUserNorPasswordNorQueryHoweverTheyAreWritten) {
  for (const char* url :
       {"http://me:s3cret@h/p", "http://s3cret@h/p", "me:s3cret@h/p", "http://h/p?key=s3cret",
        "http://h/p#s3cret", "http://me:s3/cret@h/p", "http://me:s3?cret@h/p",
        "http://me:a@s3cret@h/p", "http://me:s3cret@h/p?x=s3cret@y", "http://me:s3#cret://x@h/p"}) {
    const std::string shown = ShownUrl(url);
    EXPECT_THAT(shown, Not(HasSubstr("cret"))) << url;
  }
  EXPECT_EQ(ShownUrl("http://me:s3cret@h:1/p?q"), "http://***@h:1/p");
}

TEST(PercentEncode, KeepsUnreservedCharactersAlone) {
  EXPECT_EQ(PercentEncode("AZaz09-._~", true), "AZaz09-._~");
  EXPECT_EQ(PercentEncode(" +%\"'=&?#!*()$@:;,[]", true),
            "%20%2B%25%22%27%3D%26%3F%23%21%2A%28%29%24%40%3A%3B%2C%5B%5D");
  EXPECT_EQ(PercentEncode("\u00fc\U0001F600", true), "%C3%BC%F0%9F%98%80");
}

TEST(PercentEncode, KeepsSlashesInPathsOnly) {
  EXPECT_EQ(PercentEncode("a//b/", true), "a//b/");
  EXPECT_EQ(PercentEncode("a/b", false), "a%2Fb");
}

}  // namespace
}  // namespace s3
