#include "s3/http/proxy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "base/testing.h"

namespace s3 {
namespace {

using base::ErrorKind;
using base::IsError;
using base::IsOk;
using testing::HasSubstr;
using testing::Not;

arrow::Result<Proxies> From(const std::map<std::string, std::string>& variables) {
  return ProxiesFrom([&](const char* name) {
    const auto found = variables.find(name);
    return found != variables.end() ? found->second : std::string();
  });
}

TEST(ProxiesFrom, NothingMeansNoProxy) {
  const auto proxies = From({});
  ASSERT_THAT(proxies, IsOk());
  EXPECT_EQ(proxies->for_http, Proxy{});
  EXPECT_EQ(proxies->for_https, Proxy{});
}

TEST(ProxiesFrom, EachSchemeHasItsOwnVariableInEitherCase) {
  for (const auto& [http, https] :
       {std::pair("http_proxy", "https_proxy"), std::pair("HTTP_PROXY", "HTTPS_PROXY")}) {
    const auto proxies = From({{http, "http://plain:1"}, {https, "http://tunnel:2"}});
    ASSERT_THAT(proxies, IsOk());
    EXPECT_EQ(proxies->for_http.url, "http://plain:1");
    EXPECT_EQ(proxies->for_https.url, "http://tunnel:2");
  }
}

TEST(ProxiesFrom, LowerCaseWinsAndTheSchemesOwnVariableWinsOverThatOfAll) {
  const auto proxies = From({{"HTTP_PROXY", "http://upper:1"},
                             {"http_proxy", "http://lower:1"},
                             {"all_proxy", "socks5://all"},
                             {"HTTPS_PROXY", ""}});
  ASSERT_THAT(proxies, IsOk());
  EXPECT_EQ(proxies->for_http.url, "http://lower:1");
  EXPECT_EQ(proxies->for_https.url, "socks5://all:1080");
}

TEST(ProxiesFrom, AUrlIsTakenApartSoThatItsPasswordIsInNoText) {
  const auto proxies = From({{"HTTPS_PROXY", "http://us%40er:p%3Ass%2F@proxy.example.com:3128/"}});
  ASSERT_THAT(proxies, IsOk());
  EXPECT_EQ(proxies->for_https,
            (Proxy{.url = "http://proxy.example.com:3128", .user = "us@er", .password = "p:ss/"}));
}

TEST(ProxiesFrom, SchemeAndPortMayBeLeftOut) {
  const std::vector<std::pair<std::string, std::string>> written = {
      {"proxy", "http://proxy:80"},
      {"proxy:3128", "http://proxy:3128"},
      {"user:pw@proxy:3128", "http://proxy:3128"},
      {"https://proxy", "https://proxy:443"},
      {"[::1]:3128", "http://[::1]:3128"}};
  for (const auto& [text, url] : written) {
    const auto proxies = From({{"HTTPS_PROXY", text}});
    ASSERT_THAT(proxies, IsOk()) << text;
    EXPECT_EQ(proxies->for_https.url, url);
  }
}

TEST(ProxiesFrom, AnErrorNamesTheVariableButNotItsValue) {
  for (const std::string value :
       {"ftp://user:hunter2@proxy", "http://user:hunter2@", "http://user:hunter2@host:port",
        "http://user:hunter2@host/path"}) {
    const auto proxies = From({{"HTTPS_PROXY", value}});
    EXPECT_THAT(proxies, IsError(ErrorKind::kConfig)) << value;
    EXPECT_THAT(proxies.status().ToString(),
                testing::AllOf(HasSubstr("HTTPS_PROXY"), Not(HasSubstr("hunter2"))));
  }
}

TEST(ProxiesFrom, ThisMachineIsReachedDirectlyBesideWhatNoProxyNames) {
  EXPECT_EQ(From({})->direct, "localhost,127.0.0.0/8,::1");
  EXPECT_EQ(From({{"NO_PROXY", ".example.com"}})->direct, ".example.com,localhost,127.0.0.0/8,::1");
}

TEST(ProxiesFrom, AStarInNoProxyTurnsProxiesOff) {
  for (const std::string list : {"*", "a.example.com,*", "a, *"}) {
    const auto proxies = From({{"HTTP_PROXY", "http://proxy"}, {"no_proxy", list}});
    ASSERT_THAT(proxies, IsOk());
    EXPECT_EQ(proxies->for_http, Proxy{}) << list;
  }
}

}  // namespace
}  // namespace s3
