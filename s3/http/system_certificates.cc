#include "s3/http/system_certificates.h"

#include <curl/curl.h>

#include <array>
#include <filesystem>

namespace s3 {
namespace {

constexpr std::array kUsualFiles = {
    "/etc/ssl/certs/ca-certificates.crt",                 // Debian, Ubuntu, Arch, Alpine
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  // RHEL, Fedora
    "/etc/pki/tls/certs/ca-bundle.crt",                   // Amazon Linux, earlier RHEL
    "/etc/ssl/ca-bundle.pem",                             // SUSE
    "/var/lib/ca-certificates/ca-bundle.pem",             // SUSE without the link to it
    "/etc/ssl/cert.pem",                                  // Alpine without ca-certificates
};

}  // namespace

std::string SystemCaFile() {
  const curl_version_info_data* built = curl_version_info(CURLVERSION_NOW);
  return built->cainfo != nullptr ? "" : UsualCaFile("");
}

std::string UsualCaFile(const std::string& root) {
  std::error_code ignored;
  for (const char* file : kUsualFiles) {
    if (std::filesystem::exists(root + file, ignored)) return root + file;
  }
  return "";
}

}  // namespace s3
