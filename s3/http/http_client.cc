#include "s3/http/http_client.h"

#include <curl/curl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <cerrno>
#include <cstdio>
#include <string>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "s3/http/http_connection.h"
#include "s3/http/system_certificates.h"
#include "s3/http/transport_failure.h"

namespace s3 {
namespace {

using base::ErrorKind;
using base::MakeError;

/// Reports an unusable file before the first request and names it; libcurl would report it at each
/// request.
arrow::Status CheckCaFile(const std::string& path) {
  const auto refused = [&](const std::string& reason) {
    return MakeError(ErrorKind::kConfig, "the file of certificate authorities " +
                                             base::Quoted(path) + " " + reason + ". " +
                                             std::string(kCheckCaFile));
  };
  if (path.find("-----BEGIN") != std::string::npos) {
    // It may contain a private key, so it is not shown.
    return MakeError(ErrorKind::kConfig,
                     "the certificate authorities are given as text. Write the text to a file and "
                     "name the file. " +
                         std::string(kCheckCaFile));
  }
  const std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen(path.c_str(), "re"), &std::fclose);
  if (file == nullptr) return refused("cannot be read: " + std::generic_category().message(errno));
  X509* certificate = PEM_read_X509(file.get(), nullptr, nullptr, nullptr);
  ERR_clear_error();
  if (certificate == nullptr) return refused("contains no certificate in PEM format");
  X509_free(certificate);
  return arrow::Status::OK();
}

}  // namespace

arrow::Result<std::unique_ptr<HttpClient>> HttpClient::Make(HttpClientOptions options) {
  static const CURLcode kGlobal = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (kGlobal != CURLE_OK) {
    return arrow::Status::IOError("cannot start libcurl: ", curl_easy_strerror(kGlobal));
  }
  if (options.tls_ca_file.empty()) options.tls_ca_file = SystemCaFile();
  if (!options.tls_ca_file.empty()) ARROW_RETURN_NOT_OK(CheckCaFile(options.tls_ca_file));
  return std::unique_ptr<HttpClient>(new HttpClient(std::move(options)));
}

HttpClient::HttpClient(HttpClientOptions options) : options_(std::move(options)) {}
HttpClient::~HttpClient() = default;

arrow::Result<std::unique_ptr<HttpConnection>> HttpClient::Take() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      auto connection = std::move(idle_.back());
      idle_.pop_back();
      return connection;
    }
  }
  return HttpConnection::Make(options_);
}

void HttpClient::GiveBack(std::unique_ptr<HttpConnection> connection) {
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
