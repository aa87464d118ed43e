#include "s3/http/proxy.h"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string_view>

#include "base/error.h"

namespace s3 {
namespace {

constexpr std::string_view kThisMachine = "localhost,127.0.0.0/8,::1";

struct Scheme {
  std::string_view name;
  std::string_view default_port;
};

constexpr std::array kSchemes = {Scheme{"http", "80"},     Scheme{"https", "443"},
                                 Scheme{"socks4", "1080"}, Scheme{"socks4a", "1080"},
                                 Scheme{"socks5", "1080"}, Scheme{"socks5h", "1080"}};

/// The first of the variables that is set.
struct Setting {
  std::string name;
  std::string value;
};

template <size_t kCount>
Setting FirstOf(const Environment& environment, const std::array<const char*, kCount>& names) {
  for (const char* name : names) {
    if (std::string value = environment(name); !value.empty()) return {name, std::move(value)};
  }
  return {};
}

struct UrlDeleter {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using Url = std::unique_ptr<CURLU, UrlDeleter>;

std::string Part(const Url& url, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url.get(), part, &text, flags) != CURLUE_OK) return "";
  std::string copy(text);
  curl_free(text);
  return copy;
}

std::optional<Proxy> ParseProxy(const std::string& text) {
  const Url url(curl_url());
  const std::string whole = text.find("://") == std::string::npos ? "http://" + text : text;
  if (url == nullptr || curl_url_set(url.get(), CURLUPART_URL, whole.c_str(),
                                     CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK) {
    return std::nullopt;
  }
  const std::string name = Part(url, CURLUPART_SCHEME);
  const auto* scheme = std::find_if(kSchemes.begin(), kSchemes.end(),
                                    [&](const Scheme& known) { return known.name == name; });
  const std::string path = Part(url, CURLUPART_PATH);
  if (scheme == kSchemes.end() || !(path.empty() || path == "/")) return std::nullopt;
  std::string port = Part(url, CURLUPART_PORT);
  if (port.empty()) port = scheme->default_port;
  return Proxy{.url = name + "://" + Part(url, CURLUPART_HOST) + ":" + port,
               .user = Part(url, CURLUPART_USER, CURLU_URLDECODE),
               .password = Part(url, CURLUPART_PASSWORD, CURLU_URLDECODE)};
}

arrow::Result<Proxy> ProxyIn(const Setting& setting) {
  if (setting.value.empty()) return Proxy{};
  if (auto proxy = ParseProxy(setting.value)) return *std::move(proxy);
  // The value is not shown: it may contain a password.
  return base::MakeError(base::ErrorKind::kConfig,
                         "the proxy in the environment variable " + setting.name +
                             " is not valid. Write it as http://host:port or "
                             "http://user:password@host:port.");
}

/// libcurl understands "*" only if it is the whole list.
bool NamesEveryHost(std::string_view list) {
  while (!list.empty()) {
    const auto end = std::min(list.find_first_of(", "), list.size());
    if (list.substr(0, end) == "*") return true;
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return false;
}

}  // namespace

arrow::Result<Proxies> ProxiesFrom(const Environment& environment) {
  Proxies proxies;
  ARROW_ASSIGN_OR_RAISE(proxies.for_http,
                        ProxyIn(FirstOf(environment, std::array{"http_proxy", "HTTP_PROXY",
                                                                "all_proxy", "ALL_PROXY"})));
  ARROW_ASSIGN_OR_RAISE(proxies.for_https,
                        ProxyIn(FirstOf(environment, std::array{"https_proxy", "HTTPS_PROXY",
                                                                "all_proxy", "ALL_PROXY"})));
  const std::string direct = FirstOf(environment, std::array{"no_proxy", "NO_PROXY"}).value;
  if (NamesEveryHost(direct)) return Proxies{};
  proxies.direct =
      direct.empty() ? std::string(kThisMachine) : direct + "," + std::string(kThisMachine);
  return proxies;
}

}  // namespace s3
