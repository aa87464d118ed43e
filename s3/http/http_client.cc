#include "s3/http/http_client.h"

#include <curl/curl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <iterator>
#include <system_error>
#include <utility>

#include "base/environment.h"
#include "base/error.h"
#include "s3/http/stall_watch.h"
#include "s3/http/transport_failure.h"
#include "s3/http/url.h"

namespace s3 {
namespace {

using base::ErrorInfo;
using base::ErrorKind;
using base::MakeError;

/// Against MinIO on loopback, the least CPU per byte of 64, 128, 256 and 512 KiB.
constexpr long kReceiveBufferBytes = 256 * 1024;
/// How often a stall is looked for. libcurl's own timers and a requested stop end the wait earlier.
constexpr int kPollMilliseconds = 1000;

/// Early, and with the file's name: libcurl would tell at each request.
arrow::Status CheckCaFile(const std::string& path) {
  const auto refused = [&](const std::string& reason) {
    return MakeError(ErrorKind::kConfig, "the file of certificate authorities \"" + path + "\" " +
                                             reason + "; " + std::string(kCheckCaFile));
  };
  if (path.find("-----BEGIN") != std::string::npos) {
    // Perhaps with its private key, so it is not shown.
    return MakeError(ErrorKind::kConfig,
                     "the file of certificate authorities is given by its content; write that into "
                     "a file and name the file; " +
                         std::string(kCheckCaFile));
  }
  const std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen(path.c_str(), "re"), &std::fclose);
  if (file == nullptr) return refused("cannot be read: " + std::generic_category().message(errno));
  X509* certificate = PEM_read_X509(file.get(), nullptr, nullptr, nullptr);
  ERR_clear_error();
  if (certificate == nullptr) return refused("holds no certificate in PEM form");
  X509_free(certificate);
  return arrow::Status::OK();
}

struct EasyDeleter {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct MultiDeleter {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
struct ListDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using EasyHandle = std::unique_ptr<CURL, EasyDeleter>;
using MultiHandle = std::unique_ptr<CURLM, MultiDeleter>;
using HeaderList = std::unique_ptr<curl_slist, ListDeleter>;

arrow::Status Append(HeaderList& headers, const char* header) {
  curl_slist* longer = curl_slist_append(headers.get(), header);
  if (longer == nullptr) return arrow::Status::OutOfMemory("libcurl takes no header");
  (void)headers.release();
  headers.reset(longer);
  return arrow::Status::OK();
}

bool HasBody(const HttpRequest& request) {
  return request.method != "GET" && request.method != "HEAD";
}

/// All that are sent, but for those that libcurl adds to each request: Accept and User-Agent.
std::vector<std::string> HeadersOf(const HttpRequest& request) {
  std::vector<std::string> headers = request.headers;
  const bool has_body = HasBody(request);
  const bool has_type = std::any_of(headers.begin(), headers.end(), [](const std::string& header) {
    return header.starts_with("Content-Type:");
  });
  // libcurl's own default is that of a web form.
  if (has_body && !has_type) headers.emplace_back("Content-Type: application/octet-stream");
  if (!request.signing) return headers;
  const UrlParts url = SplitUrl(request.url);
  // libcurl would write it too; what is signed must be what is sent.
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

/// What arrives for one request.
struct Receiver {
  const HttpRequest* request = nullptr;
  CURL* easy = nullptr;
  std::string fields;
  HttpHead head;
  bool head_complete = false;
  std::span<uint8_t> place;
  std::string text;
  int64_t body_bytes = 0;
  bool too_long = false;
  /// Bytes of head and body.
  int64_t arrived_bytes = 0;

  int64_t UsableBytes() const { return place.empty() || too_long ? 0 : body_bytes; }

  void CompleteHead() {
    if (head_complete) return;
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    head = HttpHead(static_cast<int>(status), std::move(fields));
    head_complete = true;
    if (request->place_body) place = request->place_body(head);
  }

  bool Accept(std::span<const char> bytes) {
    CompleteHead();
    arrived_bytes += static_cast<int64_t>(bytes.size());
    const int64_t limit =
        place.empty() ? request->max_text_bytes : static_cast<int64_t>(place.size());
    if (static_cast<int64_t>(bytes.size()) > limit - body_bytes) {
      too_long = true;
      return false;
    }
    if (place.empty()) {
      text.append(bytes.data(), bytes.size());
    } else {
      std::memcpy(place.data() + body_bytes, bytes.data(), bytes.size());
    }
    body_bytes += static_cast<int64_t>(bytes.size());
    return true;
  }
};

size_t OnHeader(char* data, size_t, size_t size, void* user) {
  auto& receiver = *static_cast<Receiver*>(user);
  const std::string_view line(data, size);
  // An interim answer (100 Continue) may come before the real one.
  if (line.starts_with("HTTP/")) receiver.fields.clear();
  receiver.fields.append(line);
  receiver.arrived_bytes += static_cast<int64_t>(size);
  return size;
}

size_t OnBody(char* data, size_t, size_t size, void* user) {
  return static_cast<Receiver*>(user)->Accept({data, size}) ? size : 0;
}

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
    return std::tolower(x) == std::tolower(y);
  });
}

std::string_view Trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

/// RFC 9110, 10.2.3: a number of seconds or a date.
std::optional<std::chrono::seconds> RetryAfter(const HttpHead& head) {
  const std::string value(head.Find("retry-after"));
  if (value.empty()) return std::nullopt;
  int64_t seconds = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
  if (error != std::errc() || end != value.data() + value.size()) {
    const time_t date = curl_getdate(value.c_str(), nullptr);
    if (date < 0) return std::nullopt;
    seconds = static_cast<int64_t>(date) - static_cast<int64_t>(time(nullptr));
  }
  return std::chrono::seconds(std::max<int64_t>(seconds, 0));
}

std::optional<std::chrono::sys_seconds> DateIn(const HttpHead& head) {
  const std::string value(head.Find("date"));
  const time_t date = value.empty() ? -1 : curl_getdate(value.c_str(), nullptr);
  if (date < 0) return std::nullopt;
  return std::chrono::sys_seconds(std::chrono::seconds(date));
}

}  // namespace

std::string_view HttpHead::Find(std::string_view name) const {
  std::string_view rest = fields_;
  while (!rest.empty()) {
    const auto end = std::min(rest.find('\n'), rest.size() - 1) + 1;
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end);
    const auto colon = line.find(':');
    if (colon != std::string_view::npos && EqualsIgnoringCase(line.substr(0, colon), name)) {
      return Trim(line.substr(colon + 1));
    }
  }
  return {};
}

/// An easy handle, and the multi handle that drives it: only a multi handle can be woken by another
/// thread. The multi handle owns the open connection. Used by one thread at a time.
class HttpClient::Connection {
 public:
  /// `proxies` must outlive it.
  static arrow::Result<std::unique_ptr<Connection>> Make(const HttpClientOptions& options,
                                                         const Proxies& proxies) {
    const StallLimits limits = {.first_byte = options.first_byte_timeout.count() > 0
                                                  ? options.first_byte_timeout
                                                  : options.stall_timeout,
                                .stall = options.stall_timeout};
    auto connection = std::unique_ptr<Connection>(new Connection(proxies, limits));
    if (connection->easy_ == nullptr || connection->multi_ == nullptr) {
      return arrow::Status::OutOfMemory("libcurl gives no handle");
    }
    connection->Configure(options);
    return connection;
  }

  arrow::Result<HttpResponse> Perform(const HttpRequest& request, const std::stop_token& stop) {
    Receiver receiver{.request = &request, .easy = easy_.get()};
    ARROW_ASSIGN_OR_RAISE(const HeaderList headers, Prepare(request, receiver));
    ARROW_ASSIGN_OR_RAISE(const CURLcode result, Drive(receiver, stop));
    if (request.placed_bytes != nullptr) *request.placed_bytes = receiver.UsableBytes();
    if (receiver.too_long) {
      return MakeError(ErrorInfo{.kind = ErrorKind::kTransport, .retryable = true},
                       "the server sent more bytes than were asked for; check the endpoint");
    }
    if (result != CURLE_OK) return Failure(result, ProxyFor(request));
    return Finish(receiver);
  }

 private:
  Connection(const Proxies& proxies, StallLimits stall_limits)
      : proxies_(proxies),
        stall_limits_(stall_limits),
        easy_(curl_easy_init()),
        multi_(curl_multi_init()) {}

  template <typename Value>
  void Set(CURLoption option, Value value) {
    curl_easy_setopt(easy_.get(), option, value);
  }

  void Configure(const HttpClientOptions& options) {
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
    Set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_timeout.count()));
    Set(CURLOPT_USERAGENT, options.user_agent.c_str());
    Set(CURLOPT_HEADERFUNCTION, &OnHeader);
    Set(CURLOPT_WRITEFUNCTION, &OnBody);
    Set(CURLOPT_NOPROXY, proxies_.direct.c_str());
    Set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    ConfigureTls(options);
  }

  /// The same for the server and for a proxy that speaks TLS itself.
  void ConfigureTls(const HttpClientOptions& options) {
    if (!options.tls_ca_file.empty()) {
      for (const auto file : {CURLOPT_CAINFO, CURLOPT_PROXY_CAINFO}) {
        Set(file, options.tls_ca_file.c_str());
      }
      // The system's folder of authorities would be trusted too.
      for (const auto folder : {CURLOPT_CAPATH, CURLOPT_PROXY_CAPATH}) {
        Set(folder, static_cast<const char*>(nullptr));
      }
    }
    if (options.tls_insecure_skip_verify) {
      for (const auto check : {CURLOPT_SSL_VERIFYPEER, CURLOPT_SSL_VERIFYHOST,
                               CURLOPT_PROXY_SSL_VERIFYPEER, CURLOPT_PROXY_SSL_VERIFYHOST}) {
        Set(check, 0L);
      }
    }
  }

  const Proxy& ProxyFor(const HttpRequest& request) const {
    return request.url.starts_with("https://") ? proxies_.for_https : proxies_.for_http;
  }

  void SetProxy(const Proxy& proxy) {
    // An empty URL also keeps libcurl from reading the environment itself.
    Set(CURLOPT_PROXY, proxy.url.c_str());
    Set(CURLOPT_PROXYUSERNAME, proxy.user.empty() ? nullptr : proxy.user.c_str());
    Set(CURLOPT_PROXYPASSWORD, proxy.user.empty() ? nullptr : proxy.password.c_str());
  }

  arrow::Status Failure(CURLcode code, const Proxy& proxy) {
    long tunnel_status = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_HTTP_CONNECTCODE, &tunnel_status);
    if (tunnel_status != 0 && tunnel_status / 100 != 2) {
      return TunnelRefused(proxy, static_cast<int>(tunnel_status));
    }
    arrow::Status failure = TransportFailure(code, error_text_.data());
    if (proxy.url.empty()) return failure;
    return MakeError(base::InfoOf(failure),
                     base::MessageOf(failure) + "; the environment names the proxy " + proxy.url);
  }

  /// The list must live until the transfer is over.
  arrow::Result<HeaderList> Prepare(const HttpRequest& request, Receiver& receiver) {
    HeaderList headers;
    for (const std::string& header : HeadersOf(request)) {
      ARROW_RETURN_NOT_OK(Append(headers, header.c_str()));
    }
    error_text_[0] = '\0';
    Set(CURLOPT_HEADERDATA, &receiver);
    Set(CURLOPT_WRITEDATA, &receiver);
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
    SetProxy(ProxyFor(request));
    const CURLcode url = curl_easy_setopt(easy_.get(), CURLOPT_URL, request.url.c_str());
    if (url != CURLE_OK) return TransportFailure(url, "");
    return headers;
  }

  arrow::Result<CURLcode> Drive(const Receiver& receiver, const std::stop_token& stop) {
    if (curl_multi_add_handle(multi_.get(), easy_.get()) != CURLM_OK) {
      return arrow::Status::OutOfMemory("libcurl starts no transfer");
    }
    struct Detach {
      CURLM* multi;
      CURL* easy;
      ~Detach() { curl_multi_remove_handle(multi, easy); }
    } detach{multi_.get(), easy_.get()};
    const std::stop_callback wake(stop, [multi = multi_.get()] { curl_multi_wakeup(multi); });
    StallWatch watch(stall_limits_, std::chrono::steady_clock::now());
    for (int running = 1; running > 0;) {
      if (stop.stop_requested()) return base::Cancelled();
      // libcurl's own limit of speed counts from the start, so before the first byte too.
      if (const auto stalled =
              watch.Check(receiver.arrived_bytes, std::chrono::steady_clock::now())) {
        std::snprintf(error_text_.data(), error_text_.size(), "%s", stalled->c_str());
        return CURLE_OPERATION_TIMEDOUT;
      }
      CURLMcode code = curl_multi_perform(multi_.get(), &running);
      if (code == CURLM_OK && running > 0) {
        code = curl_multi_poll(multi_.get(), nullptr, 0, kPollMilliseconds, nullptr);
      }
      if (code != CURLM_OK) {
        return MakeError(ErrorInfo{.kind = ErrorKind::kTransport, .retryable = true},
                         std::string("libcurl: ") + curl_multi_strerror(code));
      }
    }
    int left = 0;
    const CURLMsg* message = curl_multi_info_read(multi_.get(), &left);
    return message != nullptr ? message->data.result : CURLE_RECV_ERROR;
  }

  arrow::Result<HttpResponse> Finish(Receiver& receiver) {
    receiver.CompleteHead();
    const bool placed = !receiver.place.empty();
    if (placed && receiver.body_bytes != static_cast<int64_t>(receiver.place.size())) {
      return MakeError(ErrorInfo{.kind = ErrorKind::kTransport, .retryable = true},
                       "the answer ended after " + std::to_string(receiver.body_bytes) + " of " +
                           std::to_string(receiver.place.size()) + " bytes; " +
                           std::string(kCheckNetwork));
    }
    HttpResponse response{.head = std::move(receiver.head),
                          .placed = placed,
                          .body_bytes = receiver.body_bytes,
                          .text = std::move(receiver.text)};
    response.retry_after = RetryAfter(response.head);
    response.date = DateIn(response.head);
    return response;
  }

  const Proxies& proxies_;
  const StallLimits stall_limits_;
  std::array<char, CURL_ERROR_SIZE> error_text_{};
  EasyHandle easy_;
  MultiHandle multi_;
};

arrow::Result<std::unique_ptr<HttpClient>> HttpClient::Make(HttpClientOptions options) {
  static const CURLcode kGlobal = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (kGlobal != CURLE_OK) {
    return arrow::Status::IOError("libcurl does not start: ", curl_easy_strerror(kGlobal));
  }
  if (!options.tls_ca_file.empty()) ARROW_RETURN_NOT_OK(CheckCaFile(options.tls_ca_file));
  Proxies proxies;
  if (options.use_proxies) {
    ARROW_ASSIGN_OR_RAISE(proxies, ProxiesFrom(&base::Variable));
  }
  return std::unique_ptr<HttpClient>(new HttpClient(std::move(options), std::move(proxies)));
}

HttpClient::HttpClient(HttpClientOptions options, Proxies proxies)
    : options_(std::move(options)), proxies_(std::move(proxies)) {}
HttpClient::~HttpClient() = default;

arrow::Result<std::unique_ptr<HttpClient::Connection>> HttpClient::Take() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      auto connection = std::move(idle_.back());
      idle_.pop_back();
      return connection;
    }
  }
  return Connection::Make(options_, proxies_);
}

void HttpClient::GiveBack(std::unique_ptr<Connection> connection) {
  const std::lock_guard lock(mutex_);
  if (static_cast<int>(idle_.size()) < options_.max_idle_connections) {
    idle_.push_back(std::move(connection));
  }
}

arrow::Result<HttpResponse> HttpClient::Perform(const HttpRequest& request, std::stop_token stop) {
  if (stop.stop_requested()) return base::Cancelled();
  ARROW_ASSIGN_OR_RAISE(auto connection, Take());
  auto response = connection->Perform(request, stop);
  GiveBack(std::move(connection));
  return response;
}

}  // namespace s3
