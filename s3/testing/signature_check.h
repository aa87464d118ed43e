// For tests: checks the signature of a received request as a service does. Shares only SHA-256 and
// HMAC with sigv4.cc.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/sha256.h"
#include "base/text.h"

namespace s3 {

/// The parts of a request as it was received, with header names in lower case.
struct ReceivedRequest {
  std::string method;
  std::string target;
  std::map<std::string, std::string> headers;
  std::string body;
};

inline ReceivedRequest ParseReceived(const std::string& bytes) {
  ReceivedRequest request;
  const auto head_end = bytes.find("\r\n\r\n");
  request.body = bytes.substr(head_end + 4);
  const std::string head = bytes.substr(0, head_end + 2);
  const auto first_end = head.find("\r\n");
  const auto space = head.find(' ');
  request.method = head.substr(0, space);
  request.target = head.substr(space + 1, head.rfind(" HTTP/1.1", first_end) - space - 1);
  for (auto at = first_end + 2; at < head.size();) {
    const auto end = head.find("\r\n", at);
    const auto colon = head.find(':', at);
    const std::string name = base::ToLowerAscii(head.substr(at, colon - at));
    request.headers[name] = head.substr(colon + 2, end - colon - 2);
    at = end + 2;
  }
  return request;
}

inline std::string Between(const std::string& text, std::string_view from, std::string_view to) {
  const auto start = text.find(from);
  if (start == std::string::npos) return "";
  return text.substr(start + from.size(), text.find(to, start) - start - from.size());
}

/// The target's path, and its query with the parameters in order. Without the origin, which stands
/// before the path on the way through a proxy.
inline std::string CanonicalTarget(std::string target) {
  if (const auto origin = target.find("://"); origin < target.find('/')) {
    target.erase(0, target.find('/', origin + 3));
  }
  const auto mark = std::min(target.find('?'), target.size());
  std::vector<std::string> parameters;
  for (auto at = mark + 1; at <= target.size();) {
    const auto end = std::min(target.find('&', at), target.size());
    std::string parameter = target.substr(at, end - at);
    if (parameter.find('=') == std::string::npos) parameter += '=';
    parameters.push_back(parameter);
    at = end + 1;
  }
  std::sort(parameters.begin(), parameters.end());
  std::string canonical = target.substr(0, mark) + "\n";
  for (size_t i = 0; i < parameters.size(); ++i) canonical += (i == 0 ? "" : "&") + parameters[i];
  return canonical;
}

/// Whether the request is signed with these keys for S3, or for a service that is asked at "/".
inline bool IsSignedRight(const std::string& bytes, const std::string& access_key,
                          const std::string& secret_key) {
  const ReceivedRequest request = ParseReceived(bytes);
  const auto field = request.headers.find("authorization");
  if (field == request.headers.end()) return false;
  const std::string& authorization = field->second;
  const std::string scope = Between(authorization, "Credential=" + access_key + "/", ",");
  const std::string names = Between(authorization, "SignedHeaders=", ",");
  const auto value = [&](const std::string& name) {
    const auto header = request.headers.find(name);
    return header != request.headers.end() ? header->second : "";
  };
  std::string canonical = request.method + "\n" + CanonicalTarget(request.target) + "\n";
  for (size_t at = 0; at < names.size();) {
    const std::string name = names.substr(at, std::min(names.find(';', at), names.size()) - at);
    canonical += name + ":" + value(name) + "\n";
    at += name.size() + 1;
  }
  canonical += "\n" + names + "\n";
  const std::string body_hash = base::ToHex(base::Sha256(request.body));
  const std::string said = value("x-amz-content-sha256");
  if (!said.empty() && said != body_hash) return false;
  canonical += body_hash;
  const std::string text = "AWS4-HMAC-SHA256\n" + value("x-amz-date") + "\n" + scope + "\n" +
                           base::ToHex(base::Sha256(canonical));
  const std::string first = "AWS4" + secret_key;
  std::vector<uint8_t> key(first.begin(), first.end());
  for (size_t at = 0; at < scope.size();) {
    const std::string part = scope.substr(at, std::min(scope.find('/', at), scope.size()) - at);
    const auto next = base::HmacSha256(key, part);
    key.assign(next.begin(), next.end());
    at += part.size() + 1;
  }
  return authorization.ends_with("Signature=" + base::ToHex(base::HmacSha256(key, text)));
}

}  // namespace s3
