#include "s3/http/http_connection.h"

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "s3/http/sigv4.h"
#include "s3/http/transport_failure.h"
#include "s3/http/url.h"

namespace s3 {
namespace {

using base::ErrorInfo;
using base::ErrorKind;
using base::MakeError;

/// Against MinIO on loopback, the least CPU per byte of 64, 128, 256 and 512 KiB.
constexpr long kReceiveBufferBytes = 256 * 1024;
/// How often to check for a stall. libcurl's own timers and a requested stop end the wait earlier.
constexpr int kPollMilliseconds = 1000;

bool HasBody(const HttpRequest& request) {
  return request.method != "GET" && request.method != "HEAD";
}

/// All headers that are sent except those that libcurl adds to each request: Accept and User-Agent.
std::vector<std::string> HeadersOf(const HttpRequest& request) {
  std::vector<std::string> headers = request.headers;
  const bool has_body = HasBody(request);
  const bool has_type = std::any_of(headers.begin(), headers.end(), [](const std::string& header) {
    return header.starts_with("Content-Type:");
  });
  // libcurl's default is the type of a web form.
  if (has_body && !has_type) headers.emplace_back("Content-Type: application/octet-stream");
  if (!request.signing) return headers;
  const UrlParts url = SplitUrl(request.url);
  // libcurl would add this header too, but what is signed must be what is sent.
  headers.push_back("Host: " + HostHeader(url));
  std::vector<std::string> signature = SignatureHeaders(
      {.method = request.method,
       .path = url.path,
       .query = url.query,
       .headers = headers,
       .body = has_body ? request.body : std::string_view()},
      *request.signing, std::chrono::system_clock::now() + request.signing->clock_offset);
  std::move(signature.begin(), signature.end(), std::back_inserter(headers));
  return headers;
}

StallLimits StallLimitsOf(const HttpClientOptions& options) {
  return {.first_byte = options.first_byte_timeout.count() > 0 ? options.first_byte_timeout
                                                               : options.stall_timeout,
          .stall = options.stall_timeout};
}

}  // namespace

HttpConnection::HttpConnection(const HttpClientOptions& options)
    : options_(options), easy_(curl_easy_init()), multi_(curl_multi_init()) {}

arrow::Result<std::unique_ptr<HttpConnection>> HttpConnection::Make(
    const HttpClientOptions& options) {
  auto connection = std::unique_ptr<HttpConnection>(new HttpConnection(options));
  if (connection->easy_ == nullptr || connection->multi_ == nullptr) {
    return arrow::Status::OutOfMemory("libcurl cannot create a handle");
  }
  connection->Configure();
  return connection;
}

void HttpConnection::Configure() {
  Set(CURLOPT_ERRORBUFFER, error_text_.data());
  Set(CURLOPT_NOSIGNAL, 1L);
  // A cancelled request does not wait for a name server.
  Set(CURLOPT_QUICK_EXIT, 1L);
  Set(CURLOPT_PROTOCOLS_STR, "http,https");
  Set(CURLOPT_FOLLOWLOCATION, 0L);
  Set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  Set(CURLOPT_PATH_AS_IS, 1L);
  Set(CURLOPT_BUFFERSIZE, kReceiveBufferBytes);
  Set(CURLOPT_TCP_KEEPALIVE, 1L);
  Set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options_.connect_timeout.count()));
  Set(CURLOPT_USERAGENT, options_.user_agent.c_str());
  Set(CURLOPT_NOPROXY, options_.proxies.direct.c_str());
  Set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  ConfigureTls();
}

/// The settings are the same for the server and for a proxy that uses TLS itself.
void HttpConnection::ConfigureTls() {
  if (!options_.tls_ca_file.empty()) {
    for (const auto file : {CURLOPT_CAINFO, CURLOPT_PROXY_CAINFO}) {
      Set(file, options_.tls_ca_file.c_str());
    }
    // Otherwise the authorities in the system's folder would be trusted too.
    for (const auto folder : {CURLOPT_CAPATH, CURLOPT_PROXY_CAPATH}) {
      Set(folder, static_cast<const char*>(nullptr));
    }
  }
  if (options_.tls_insecure_skip_verify) {
    for (const auto check : {CURLOPT_SSL_VERIFYPEER, CURLOPT_SSL_VERIFYHOST,
                             CURLOPT_PROXY_SSL_VERIFYPEER, CURLOPT_PROXY_SSL_VERIFYHOST}) {
      Set(check, 0L);
    }
  }
}

arrow::Result<HttpResponse> HttpConnection::Perform(const HttpRequest& request,
                                                    const std::stop_token& stop) {
  HttpReceiver receiver(request, easy_.get());
  receiver.Attach();
  ARROW_ASSIGN_OR_RAISE(const HeaderList headers, Prepare(request));
  ARROW_ASSIGN_OR_RAISE(const CURLcode result, Drive(receiver, stop));
  if (request.placed_bytes != nullptr) *request.placed_bytes = receiver.placed_bytes();
  if (receiver.too_long()) {
    return MakeError(ErrorInfo{.kind = ErrorKind::kTransport, .retryable = true},
                     "the server sent more bytes than were requested. Check the endpoint.");
  }
  if (result != CURLE_OK) return Failure(result, ProxyFor(request));
  return receiver.Finish();
}

arrow::Status HttpConnection::Append(HeaderList& headers, const char* header) {
  curl_slist* longer = curl_slist_append(headers.get(), header);
  if (longer == nullptr) return arrow::Status::OutOfMemory("libcurl cannot add a header");
  (void)headers.release();
  headers.reset(longer);
  return arrow::Status::OK();
}

arrow::Result<HttpConnection::HeaderList> HttpConnection::Prepare(const HttpRequest& request) {
  HeaderList headers;
  for (const std::string& header : HeadersOf(request)) {
    ARROW_RETURN_NOT_OK(Append(headers, header.c_str()));
  }
  error_text_[0] = '\0';
  Set(CURLOPT_HTTPHEADER, headers.get());
  Set(CURLOPT_HTTPGET, 1L);
  Set(CURLOPT_CUSTOMREQUEST, static_cast<const char*>(nullptr));
  Set(CURLOPT_FRESH_CONNECT, request.fresh_connection ? 1L : 0L);
  if (request.method == "HEAD") Set(CURLOPT_NOBODY, 1L);
  if (HasBody(request)) {
    Set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    Set(CURLOPT_POSTFIELDS, request.body.data() == nullptr ? "" : request.body.data());
    Set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
  }
  const Proxy& proxy = ProxyFor(request);
  // An empty URL also keeps libcurl from reading the environment itself.
  Set(CURLOPT_PROXY, proxy.url.c_str());
  Set(CURLOPT_PROXYUSERNAME, proxy.user.empty() ? nullptr : proxy.user.c_str());
  Set(CURLOPT_PROXYPASSWORD, proxy.user.empty() ? nullptr : proxy.password.c_str());
  const CURLcode url = curl_easy_setopt(easy_.get(), CURLOPT_URL, request.url.c_str());
  if (url != CURLE_OK) return TransportFailure(url, "");
  return headers;
}

const Proxy& HttpConnection::ProxyFor(const HttpRequest& request) const {
  return request.url.starts_with("https://") ? options_.proxies.for_https
                                             : options_.proxies.for_http;
}

arrow::Result<CURLcode> HttpConnection::Drive(const HttpReceiver& receiver,
                                              const std::stop_token& stop) {
  if (curl_multi_add_handle(multi_.get(), easy_.get()) != CURLM_OK) {
    return arrow::Status::OutOfMemory("libcurl cannot start a transfer");
  }
  struct Detach {
    CURLM* multi;
    CURL* easy;
    ~Detach() { curl_multi_remove_handle(multi, easy); }
  } detach{multi_.get(), easy_.get()};
  const std::stop_callback wake(stop, [multi = multi_.get()] { curl_multi_wakeup(multi); });
  StallWatch watch(StallLimitsOf(options_), std::chrono::steady_clock::now());
  for (int running = 1; running > 0;) {
    if (stop.stop_requested()) return base::Cancelled();
    // libcurl's own minimum speed applies from the start, so before the first byte too.
    if (const auto stalled =
            watch.Check(receiver.received_bytes(), std::chrono::steady_clock::now())) {
      std::snprintf(error_text_.data(), error_text_.size(), "%s", stalled->c_str());
      return CURLE_OPERATION_TIMEDOUT;
    }
    CURLMcode code = curl_multi_perform(multi_.get(), &running);
    if (code == CURLM_OK && running > 0) {
      code = curl_multi_poll(multi_.get(), nullptr, 0, kPollMilliseconds, nullptr);
    }
    if (code != CURLM_OK) {
      return MakeError(ErrorInfo{.kind = ErrorKind::kTransport, .retryable = true},
                       std::string("libcurl failed: ") + curl_multi_strerror(code));
    }
  }
  int left = 0;
  const CURLMsg* message = curl_multi_info_read(multi_.get(), &left);
  return message != nullptr ? message->data.result : CURLE_RECV_ERROR;
}

arrow::Status HttpConnection::Failure(CURLcode code, const Proxy& proxy) {
  long tunnel_status = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_HTTP_CONNECTCODE, &tunnel_status);
  if (tunnel_status != 0 && tunnel_status / 100 != 2) {
    return TunnelRefused(proxy, static_cast<int>(tunnel_status));
  }
  arrow::Status failure = TransportFailure(code, error_text_.data());
  if (proxy.url.empty()) return failure;
  return MakeError(base::InfoOf(failure),
                   base::MessageOf(failure) + " The environment sets the proxy " + proxy.url + ".");
}

}  // namespace s3
