#include "s3/http/sigv4.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <map>
#include <utility>

#include "base/sha256.h"
#include "base/text.h"
#include "s3/http/url.h"

namespace s3 {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr std::string_view kScopeEnd = "aws4_request";
constexpr std::string_view kDateHeader = "x-amz-date";
constexpr std::string_view kBodyHashHeader = "x-amz-content-sha256";

std::string HashInHex(std::string_view bytes) { return base::ToHex(base::Sha256(bytes)); }

/// "20130524T000000Z"; its first eight characters are the date.
std::string TimeText(std::chrono::system_clock::time_point now) {
  const time_t seconds = std::chrono::system_clock::to_time_t(now);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::string text(sizeof("20130524T000000Z"), '\0');
  text.resize(std::strftime(text.data(), text.size(), "%Y%m%dT%H%M%SZ", &parts));
  return text;
}

/// Without blanks at its ends, and with one in place of several.
std::string Squeezed(std::string_view value) {
  std::string squeezed;
  for (const char c : value) {
    const bool blank = c == ' ' || c == '\t' || c == '\r' || c == '\n';
    if (!blank) {
      squeezed += c;
    } else if (!squeezed.empty() && squeezed.back() != ' ') {
      squeezed += ' ';
    }
  }
  if (squeezed.ends_with(' ')) squeezed.pop_back();
  return squeezed;
}

/// Lower-case name -> value; the values of several headers of one name are joined.
using Headers = std::map<std::string, std::string, std::less<>>;

Headers CanonicalHeaders(std::span<const std::string> lines) {
  Headers headers;
  for (const std::string_view line : lines) {
    const auto colon = std::min(line.find(':'), line.size());
    std::string name = base::ToLowerAscii(line.substr(0, colon));
    std::string value = Squeezed(line.substr(std::min(colon + 1, line.size())));
    const auto [place, is_new] = headers.try_emplace(std::move(name), value);
    if (!is_new) place->second += "," + value;
  }
  return headers;
}

/// The parts of `text` between separators that are not empty.
std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const auto end = std::min(text.find(separator), text.size());
    if (end > 0) parts.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

/// Without empty segments, "." and ".." (RFC 3986, 5.2.4).
std::string NormalisedPath(std::string_view path) {
  std::vector<std::string_view> kept;
  for (const std::string_view segment : Split(path, '/')) {
    if (segment == "..") {
      if (!kept.empty()) kept.pop_back();
    } else if (segment != ".") {
      kept.push_back(segment);
    }
  }
  std::string normalised;
  for (const std::string_view segment : kept) normalised.append("/").append(segment);
  if (kept.empty() || path.ends_with('/')) normalised += '/';
  return normalised;
}

std::string CanonicalPath(std::string_view path, std::string_view service) {
  if (service == "s3") return path.empty() ? "/" : std::string(path);
  return PercentEncode(NormalisedPath(path), /*keep_slash=*/true);
}

std::string CanonicalQuery(std::string_view query) {
  std::vector<std::pair<std::string_view, std::string_view>> parameters;
  for (const std::string_view parameter : Split(query, '&')) {
    const auto equals = std::min(parameter.find('='), parameter.size());
    parameters.emplace_back(parameter.substr(0, equals),
                            parameter.substr(std::min(equals + 1, parameter.size())));
  }
  std::sort(parameters.begin(), parameters.end());
  std::string canonical;
  for (const auto& [name, value] : parameters) {
    if (!canonical.empty()) canonical += '&';
    canonical.append(name).append("=").append(value);
  }
  return canonical;
}

std::string SignedNames(const Headers& headers) {
  std::string names;
  for (const auto& [name, value] : headers) names += (names.empty() ? "" : ";") + name;
  return names;
}

std::string CanonicalRequest(const RequestToSign& request, std::string_view service,
                             const Headers& headers) {
  std::string text(request.method);
  text += "\n" + CanonicalPath(request.path, service);
  text += "\n" + CanonicalQuery(request.query) + "\n";
  for (const auto& [name, value] : headers) text.append(name).append(":").append(value + "\n");
  text += "\n" + SignedNames(headers) + "\n";
  const auto hash = headers.find(kBodyHashHeader);
  return text + (hash != headers.end() ? hash->second : HashInHex(request.body));
}

}  // namespace

std::vector<std::string> SignatureHeaders(const RequestToSign& request, const HttpSigning& signing,
                                          std::chrono::system_clock::time_point now) {
  const std::string time = TimeText(now);
  const std::string date = time.substr(0, time.find('T'));
  Headers headers = CanonicalHeaders(request.headers);
  headers[std::string(kDateHeader)] = time;

  const std::array<std::string_view, 3> after_date = {signing.region, signing.service, kScopeEnd};
  std::string scope = date;
  for (const std::string_view part : after_date) scope.append("/").append(part);
  std::string to_sign(kAlgorithm);
  to_sign += "\n" + time + "\n" + scope + "\n";
  to_sign += HashInHex(CanonicalRequest(request, signing.service, headers));

  const std::string first = "AWS4" + signing.secret_key;
  base::Sha256Digest key =
      base::HmacSha256({reinterpret_cast<const uint8_t*>(first.data()), first.size()}, date);
  for (const std::string_view part : after_date) key = base::HmacSha256(key, part);
  const base::Sha256Digest signature = base::HmacSha256(key, to_sign);
  return {"X-Amz-Date: " + time, "Authorization: " + std::string(kAlgorithm) +
                                     " Credential=" + signing.access_key + "/" + scope +
                                     ", SignedHeaders=" + SignedNames(headers) +
                                     ", Signature=" + base::ToHex(signature)};
}

}  // namespace s3
